/** Icons of 20 by 20, drawn with the text's colour; always beside a text, so hidden from readers. */

import type { ReactElement } from "react";

const PATHS = {
  fleet:
    "M3.500 12.500v3h2v-1.500h9v1.500h2v-3l-1.800-5a2 2 0 0 0-1.900-1.300H7.200a2 2 0 0 0-1.900 1.300l-1.800 5Zm0 0h13M6 10.500l1-2.800M6.300 12.500h.1M13.600 12.500h.1",
  alert: "M10 3.200 2.500 16.500h15L10 3.200ZM10 8v4M10 14.200v.1",
  work: "M12.300 3.500a4 4 0 0 0-4.900 5.100L3 13v4h4l4.400-4.400a4 4 0 0 0 5.100-4.900l-2.600 2.600-2.500-.7-.7-2.500 2.600-3.600Z",
  booking: "M4 5h12v11.500H4zM4 8.500h12M7 3v3.500M13 3v3.500M7 12h3",
  kpi: "M3.500 16.500h13M6 16V10M10 16V4.500M14 16V7.500",
  audit: "M5 3h7l3 3v11H5zM8 9h5M8 12h5M8 6h1.500",
  station:
    "M10 17.500s5.500-4.700 5.500-9a5.500 5.500 0 0 0-11 0c0 4.300 5.500 9 5.500 9ZM10 10.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  search: "M9 14.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11ZM13 13l4 4",
  menu: "M3 5.500h14M3 10h14M3 14.500h14",
  close: "M5 5l10 10M15 5 5 15",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  fit: "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4",
  up: "M10 16V5M5.500 9.500 10 5l4.500 4.500",
  down: "M10 4v11M5.500 10.500 10 15l4.500-4.500",
  bolt: "M11 2.500 4.500 11.500H10l-1 6 6.500-9H10l1-6Z",
  lock: "M5 9h10v8H5zM7 9V6.500a3 3 0 0 1 6 0V9",
  unlock: "M5 9h10v8H5zM7 9V6.500a3 3 0 0 1 5.700-1.300",
  wrench:
    "M12.300 3.500a4 4 0 0 0-4.900 5.100L3 13v4h4l4.400-4.400a4 4 0 0 0 5.100-4.900l-2.600 2.600-2.500-.7-.7-2.500 2.600-3.600Z",
  check: "M4 10.500 8.200 14.500 16 6",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6v4.200l2.800 1.800",
  info: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 9.500v4M10 6.600v.1",
  sun: "M10 13.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1.100 1.100M14.600 14.600l1.100 1.100M4.300 15.700l1.100-1.100M14.600 5.400l1.100-1.100",
  moon: "M16 11.800A6.500 6.500 0 0 1 8.200 4a6.500 6.500 0 1 0 7.800 7.800Z",
  auto: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 3v14M10 5.500a4.500 4.500 0 0 1 0 9",
  leave: "M8 3.500H4v13h4M8 10h9M13.500 6.500 17 10l-3.500 3.500",
  back: "M16 10H4M9 5l-5 5 5 5",
  next: "M7.500 4.500 13 10l-5.500 5.500",
  refresh: "M16 10a6 6 0 1 1-1.800-4.300L16 7.500M16 3.500v4h-4",
  pin: "M10 17.500s5.500-4.700 5.500-9a5.500 5.500 0 0 0-11 0c0 4.300 5.500 9 5.500 9Z",
  table: "M3.500 4.500h13v11h-13zM3.500 8.200h13M3.500 11.900h13M8 4.500v11",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  return (
    <svg
      className="glyph"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
