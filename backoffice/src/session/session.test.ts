import { expect, test } from "vitest";

import { ownPath } from "./session";

test("the way back is a path of this site, never another site", () => {
  expect(ownPath({ returnTo: "/vehicles/SG-EV-000001?tab=charts" })).toBe(
    "/vehicles/SG-EV-000001?tab=charts",
  );
  for (const evil of [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "",
    7,
  ]) {
    expect(ownPath({ returnTo: evil })).toBe("/");
  }
  expect(ownPath({ returnTo: "/signed-in?code=1" })).toBe("/");
  expect(ownPath(undefined)).toBe("/");
});
