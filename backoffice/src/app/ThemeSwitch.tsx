import type { ReactElement } from "react";

import { text } from "../text/en";
import { Icon, type IconName } from "../ui/icons";
import { setTheme, THEMES, useTheme, type Theme } from "./theme";

const ICONS: Record<Theme, IconName> = { auto: "auto", light: "sun", dark: "moon" };

/** Steps through the themes. */
export function ThemeSwitch(): ReactElement {
  const theme = useTheme();
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
  const words = text.theme.label(text.theme[theme], text.theme[next]);
  return (
    <button
      type="button"
      className="button small icon"
      aria-label={words}
      title={words}
      onClick={() => setTheme(next)}
    >
      <Icon name={ICONS[theme]} size={16} />
    </button>
  );
}
