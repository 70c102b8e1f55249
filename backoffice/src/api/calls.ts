/** What the pages ask and do, one function a call. `key`: the Idempotency-Key of one thing to be done. */

import { Copies, dataOf, type Api } from "./client";
import type {
  AlertPage,
  AlertStatus,
  AlertView,
  AssignBody,
  AuditPage,
  BookingPage,
  BookingState,
  BookingView,
  CommandAction,
  CommandView,
  FleetSummary,
  InvoicePage,
  InvoiceView,
  KpiList,
  MeView,
  OpenWorkOrderBody,
  SampleList,
  Severity,
  StationList,
  VehicleDetail,
  VehicleList,
  VehicleRow,
  VehicleView,
  WorkOrderPage,
  WorkOrderStatus,
  WorkOrderView,
} from "./schema.gen";

/** The most cars that one answer holds. */
const MOST_VEHICLES = 1_000;
const PAGE = 50;

const copies = new Copies();
const keyed = (key: string) => ({ "Idempotency-Key": key });

// Reads

export function getMe(api: Api, signal: AbortSignal): Promise<MeView> {
  return dataOf(api.GET("/v1/me", { signal }));
}

/** The whole fleet, however many answers it takes. */
export async function listVehicles(api: Api, signal: AbortSignal): Promise<readonly VehicleRow[]> {
  const found: VehicleRow[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: MOST_VEHICLES, ...(cursor === undefined ? {} : { cursor }) };
    const page: VehicleList = await copies.fresh(`vehicles/${cursor ?? ""}`, (header) =>
      api.GET("/v1/vehicles", { params: { query, header }, signal }),
    );
    if (page.total <= MOST_VEHICLES) return page.vehicles;
    found.push(...page.vehicles);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

export function getFleetSummary(api: Api, signal: AbortSignal): Promise<FleetSummary> {
  return copies.fresh("summary", (header) => api.GET("/v1/fleet/summary", { params: { header }, signal }));
}

export function getVehicle(api: Api, vehicleId: string, signal: AbortSignal): Promise<VehicleDetail> {
  return dataOf(api.GET("/v1/vehicles/{vehicleId}", { params: { path: { vehicleId } }, signal }));
}

export function getTelemetry(
  api: Api,
  vehicleId: string,
  hours: number,
  signal: AbortSignal,
): Promise<SampleList> {
  const params = { path: { vehicleId }, query: { hours } };
  return dataOf(api.GET("/v1/vehicles/{vehicleId}/telemetry", { params, signal }));
}

export function listVehicleAudit(api: Api, vehicleId: string, signal: AbortSignal): Promise<AuditPage> {
  return dataOf(api.GET("/v1/vehicles/{vehicleId}/audit", { params: { path: { vehicleId } }, signal }));
}

export function listStations(api: Api, signal: AbortSignal): Promise<StationList> {
  return dataOf(api.GET("/v1/stations", { signal }));
}

export interface AlertFilter {
  readonly status?: AlertStatus;
  readonly severity?: Severity;
  readonly vehicleId?: string;
}

export function listAlerts(
  api: Api,
  filter: AlertFilter,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<AlertPage> {
  return dataOf(api.GET("/v1/alerts", { params: { query: paged(filter, cursor) }, signal }));
}

export interface WorkOrderFilter {
  readonly status?: WorkOrderStatus;
  readonly assignee?: string;
}

export function listWorkOrders(
  api: Api,
  filter: WorkOrderFilter,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<WorkOrderPage> {
  return dataOf(api.GET("/v1/work-orders", { params: { query: paged(filter, cursor) }, signal }));
}

export function getWorkOrder(api: Api, workOrderId: string, signal: AbortSignal): Promise<WorkOrderView> {
  return dataOf(api.GET("/v1/work-orders/{workOrderId}", { params: { path: { workOrderId } }, signal }));
}

export interface BookingFilter {
  readonly vehicleId?: string;
  readonly riderId?: string;
  readonly state?: BookingState;
  readonly day?: string;
}

export function listBookings(
  api: Api,
  filter: BookingFilter,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<BookingPage> {
  return dataOf(api.GET("/v1/bookings", { params: { query: paged(filter, cursor) }, signal }));
}

export function getBooking(api: Api, bookingId: string, signal: AbortSignal): Promise<BookingView> {
  return dataOf(api.GET("/v1/bookings/{bookingId}", { params: { path: { bookingId } }, signal }));
}

export function getInvoice(api: Api, bookingId: string, signal: AbortSignal): Promise<InvoiceView> {
  return dataOf(api.GET("/v1/bookings/{bookingId}/invoice", { params: { path: { bookingId } }, signal }));
}

export function listInvoices(
  api: Api,
  filter: Omit<BookingFilter, "state">,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<InvoicePage> {
  return dataOf(api.GET("/v1/invoices", { params: { query: paged(filter, cursor) }, signal }));
}

export function listKpis(api: Api, from: string, to: string, signal: AbortSignal): Promise<KpiList> {
  return dataOf(api.GET("/v1/kpis", { params: { query: { from, to } }, signal }));
}

export interface AuditFilter {
  readonly day?: string;
  readonly subject?: string;
}

export function listAudit(
  api: Api,
  filter: AuditFilter,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<AuditPage> {
  return dataOf(api.GET("/v1/audit", { params: { query: paged(filter, cursor) }, signal }));
}

function paged<T extends object>(
  filter: T,
  cursor: string | undefined,
): T & { limit: number; cursor?: string } {
  return { ...filter, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
}

// Acts

export function commandVehicle(
  api: Api,
  key: string,
  vehicleId: string,
  action: CommandAction,
  reason: string,
): Promise<CommandView> {
  const params = { path: { vehicleId }, header: keyed(key) };
  return dataOf(api.POST("/v1/vehicles/{vehicleId}/commands", { params, body: { action, reason } }));
}

export function getCommand(api: Api, commandId: string, signal: AbortSignal): Promise<CommandView> {
  return dataOf(api.GET("/v1/commands/{commandId}", { params: { path: { commandId } }, signal }));
}

export function takeOutOfService(
  api: Api,
  key: string,
  vehicleId: string,
  reason: string,
  version: number,
): Promise<VehicleView> {
  const params = { path: { vehicleId }, header: keyed(key) };
  return dataOf(api.POST("/v1/vehicles/{vehicleId}/out-of-service", { params, body: { reason, version } }));
}

export function putBackInService(
  api: Api,
  key: string,
  vehicleId: string,
  reason: string,
  version: number,
): Promise<VehicleView> {
  const params = { path: { vehicleId }, header: keyed(key) };
  return dataOf(
    api.POST("/v1/vehicles/{vehicleId}/back-in-service", {
      params,
      body: { version, ...given("reason", reason) },
    }),
  );
}

export function acknowledgeAlert(api: Api, key: string, alert: AlertView, note: string): Promise<AlertView> {
  const params = { path: { vehicleId: alert.vehicleId, alertId: alert.alertId }, header: keyed(key) };
  return dataOf(
    api.POST("/v1/alerts/{vehicleId}/{alertId}/acknowledge", { params, body: given("note", note) }),
  );
}

export function resolveAlert(
  api: Api,
  key: string,
  alert: AlertView,
  note: string,
  force: boolean,
): Promise<AlertView> {
  const params = { path: { vehicleId: alert.vehicleId, alertId: alert.alertId }, header: keyed(key) };
  return dataOf(
    api.POST("/v1/alerts/{vehicleId}/{alertId}/resolve", { params, body: { force, ...given("note", note) } }),
  );
}

export function snoozeAlert(
  api: Api,
  key: string,
  alert: AlertView,
  until: number,
  note: string,
): Promise<AlertView> {
  const params = { path: { vehicleId: alert.vehicleId, alertId: alert.alertId }, header: keyed(key) };
  return dataOf(
    api.POST("/v1/alerts/{vehicleId}/{alertId}/snooze", { params, body: { until, ...given("note", note) } }),
  );
}

export function openWorkOrder(api: Api, key: string, body: OpenWorkOrderBody): Promise<WorkOrderView> {
  return dataOf(api.POST("/v1/work-orders", { params: { header: keyed(key) }, body }));
}

export function assignWorkOrder(
  api: Api,
  key: string,
  order: WorkOrderView,
  body: AssignBody,
): Promise<WorkOrderView> {
  const params = { path: { workOrderId: order.workOrderId }, header: keyed(key) };
  return dataOf(
    api.POST("/v1/work-orders/{workOrderId}/assign", { params, body: { ...body, version: order.version } }),
  );
}

export function finishWorkOrder(
  api: Api,
  key: string,
  order: WorkOrderView,
  note: string,
): Promise<WorkOrderView> {
  const params = { path: { workOrderId: order.workOrderId }, header: keyed(key) };
  const body = { version: order.version, ...given("note", note) };
  return dataOf(api.POST("/v1/work-orders/{workOrderId}/done", { params, body }));
}

export function cancelWorkOrder(
  api: Api,
  key: string,
  order: WorkOrderView,
  note: string,
): Promise<WorkOrderView> {
  const params = { path: { workOrderId: order.workOrderId }, header: keyed(key) };
  const body = { version: order.version, ...given("note", note) };
  return dataOf(api.POST("/v1/work-orders/{workOrderId}/cancel", { params, body }));
}

export function noteWorkOrder(
  api: Api,
  key: string,
  order: WorkOrderView,
  text: string,
): Promise<WorkOrderView> {
  const params = { path: { workOrderId: order.workOrderId }, header: keyed(key) };
  return dataOf(api.POST("/v1/work-orders/{workOrderId}/notes", { params, body: { text } }));
}

/** A field that is left out when there is nothing in it. */
function given<N extends string>(name: N, words: string): { [K in N]?: string } {
  const plain = words.trim();
  return (plain === "" ? {} : { [name]: plain }) as { [K in N]?: string };
}
