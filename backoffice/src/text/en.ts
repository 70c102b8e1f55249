/** Every word that the back office shows, in one place. */

export const text = {
  product: "Blue Horizons",

  nav: {
    label: "Main",
    menu: "Menu",
    skip: "Skip to content",
    fleet: "Live fleet",
    alerts: "Alerts",
    workOrders: "Work orders",
    bookings: "Bookings",
    stations: "Stations",
    kpis: "Key figures",
    audit: "Audit trail",
    signOut: "Sign out",
    open: "open",
  },

  groups: {
    operations: "Operations",
    maintenance: "Maintenance",
    analyst: "Analyst",
    admin: "Administrator",
  } as Record<string, string>,

  theme: {
    auto: "as the system",
    light: "light",
    dark: "dark",
    label: (now: string, next: string) => `Colours: ${now}. Switch to ${next}.`,
  },

  session: {
    starting: "Starting\u2026",
    leaving: "On the way to the login\u2026",
    signedOutTitle: "You are signed out",
    signedOut: "Close the window, or sign in again.",
    signIn: "Sign in",
    refusedTitle: "The login did not let you in",
    downTitle: "The back office could not start",
    noGroupTitle: "Your account is not in a group yet",
    noGroup: "Ask an administrator to put you into operations, maintenance, analyst or admin; then sign in again.",
  },

  outage: {
    title: (at: string) => `The platform does not answer. You see what was known at ${at}.`,
    retry: (seconds: number) => `Next try in ${seconds} s.`,
    trying: "Trying\u2026",
    now: "Try now",
  },

  states: {
    loading: "Loading",
    nothing: "Nothing to show",
    live: (ago: string) => `Live, ${ago}`,
    stale: (ago: string) => `Not answering, as of ${ago}`,
  },

  actions: {
    retry: "Try again",
    cancel: "Cancel",
    close: "Close",
    dismiss: "Dismiss",
    back: "Back",
    more: "Load more",
    reload: "Load what is there now",
    clear: "Clear filters",
  },

  problems: {
    unreachable: "The platform does not answer",
    unreachableDetail: "Check your connection. Nothing was lost; what you see is tried again by itself.",
    unexpected: "Something went wrong on this page",
    forbidden: "Your group may not do this.",
    conflict: "Somebody else was faster.",
    reference: "Reference:",
    notSent: "It is not known whether it was done. Trying again does it once at most.",
    titles: {
      changed_meanwhile: "Somebody else changed it meanwhile",
      insufficient_scope: "Your sign-in does not allow this",
      forbidden: "Your group may not do this",
    } as Record<string, string>,
  },

  charts: {
    time: "Time",
    day: "Day",
    noSamples: "No samples in this time",
    noDays: "No day was counted yet",
    asTable: (title: string) => `${title} as a table`,
    summary: (title: string, low: string, high: string, last: string) =>
      `${title}: from ${low} to ${high}, last ${last}. Arrow keys read the values.`,
  },

  map: {
    role: "map",
    label: (cars: number, stations: number) =>
      `Map of ${cars} cars and ${stations} stations. Arrow keys move, plus and minus zoom, 0 shows all. The list has the same cars.`,
    closer: "Zoom in",
    farther: "Zoom out",
    whole: "Show the whole market",
  },

  fleet: {
    title: "Live fleet",
    search: "Find a car, model or station",
    states: "States",
    all: "All",
    battery: "Battery",
    anyBattery: "Any battery",
    below: (percent: number) => `Below ${percent} %`,
    alerts: "With open alerts",
    station: "Station",
    anyStation: "Anywhere",
    onTheRoad: "Not at a station",
    view: "View",
    list: "List",
    map: "Map",
    charging: "Charging",
    count: (shown: string, all: string) => `${shown} of ${all} cars`,
    empty: "No car fits these filters",
    list_label: "Cars",
    open: "Open",
  },

  columns: {
    car: "Car",
    state: "State",
    battery: "Battery",
    range: "Range",
    place: "Where",
    speed: "Speed",
    seen: "Last heard",
    alerts: "Alerts",
    alert: "Alert",
    severity: "Severity",
    status: "Status",
    since: "Since",
    times: "Times",
    value: "Value",
    work: "Work",
    priority: "Priority",
    assignee: "Assigned to",
    opened: "Opened",
    booking: "Booking",
    rider: "Rider",
    held: "Held",
    started: "Started",
    ended: "Ended",
    distance: "Distance",
    invoice: "Invoice",
    net: "Net",
    tax: "Tax",
    total: "Total",
    station: "Station",
    bays: "Bays",
    free: "Free",
    charging: "With charger",
    cars: "Cars",
    time: "Time",
    who: "Who",
    action: "Action",
    subject: "What",
    outcome: "Outcome",
    reason: "Reason",
    plan: "Plan",
  },

  vehicleStates: {
    available: "Available",
    reserved: "Reserved",
    on_trip: "On trip",
    stopped: "Stopped",
    non_operational: "Out of service",
    non_contactable: "No contact",
    elsewhere: "Outside market",
    removed: "Removed",
  } as Record<string, string>,

  severities: { critical: "Critical", warning: "Warning", info: "Info" } as Record<string, string>,

  alertStates: { OPEN: "Open", ACKED: "Acknowledged", RESOLVED: "Resolved", SNOOZED: "Snoozed" } as Record<
    string,
    string
  >,

  rules: {
    battery_low: "Battery low",
    battery_unrentable: "Battery too low to rent",
    battery_hot: "Battery hot",
    battery_heating: "Battery heating fast",
    cell_imbalance: "Cells out of balance",
    over_current: "Over-current",
    tyre_pressure: "Tyre pressure low",
    low_voltage_battery: "12 V battery low",
    collision: "Collision",
    geofence: "Outside service area",
    charge_fault: "Charging fault",
    moving_without_trip: "Moving without a trip",
    unlocked_while_available: "Unlocked while available",
  } as Record<string, string>,
} as const;

/** The label of a word of a vocabulary; the word itself where a newer platform has more words. */
export function labelOf(labels: Record<string, string>, word: string): string {
  return labels[word] ?? word.replaceAll("_", " ").toLowerCase();
}
