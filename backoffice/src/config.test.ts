import { expect, test } from "vitest";

import { ConfigError, loadConfig, readConfig } from "./config";

const GOOD = {
  environment: "dev",
  market: "sg",
  marketName: "Singapore",
  locale: "en-SG",
  timeZone: "Asia/Singapore",
  currency: { code: "SGD", minorUnits: 2 },
  apiBaseUrl: "https://staff-api.example.com",
  login: {
    issuer: "https://cognito-idp.ap-southeast-1.amazonaws.com/pool",
    url: "https://login.example.com",
    clientId: "app",
    scopes: ["openid"],
  },
};

test("a whole configuration is taken as it is", () => {
  expect(readConfig({ ...GOOD, more: "is left out" })).toEqual(GOOD);
});

test.each([
  ["market", { ...GOOD, market: undefined }],
  ["apiBaseUrl", { ...GOOD, apiBaseUrl: "https://staff-api.example.com/" }],
  ["currency.minorUnits", { ...GOOD, currency: { code: "SGD", minorUnits: "2" } }],
  ["login", { ...GOOD, login: null }],
  ["login.scopes", { ...GOOD, login: { ...GOOD.login, scopes: "openid" } }],
  ["config.json", []],
])("%s is named when it is missing or wrong", (name, given) => {
  expect(() => readConfig(given)).toThrow(ConfigError);
  expect(() => readConfig(given)).toThrow(name.replace(/^login\.scopes$/, "login.scopes"));
});

test("a deployment without configuration is told so", async () => {
  const missing = async (): Promise<Response> => new Response("", { status: 404 });
  await expect(loadConfig(missing)).rejects.toThrow("/config.json answers 404");
});
