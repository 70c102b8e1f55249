/** What index.html makes a browser load before it shows the first page, compressed; too much is an error. */

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const LIMIT = 150_000; // bytes
const DIST = new URL("../dist/", import.meta.url).pathname;

const index = await readFile(join(DIST, "index.html"), "utf8");
const inline = /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/i.exec(index);
if (inline !== null) {
  console.error(`dist/index.html has ${inline[0].trim()}: the content security policy allows files only`);
  process.exit(1);
}
const loaded = [...index.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path]) => path);
const sizes = await Promise.all(
  ["index.html", ...loaded].map(async (path) => [path, await compressed(path)]),
);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
for (const [path, size] of sizes) console.log(`${kilobytes(size)}  ${path}`);

const lazy = (await readdir(join(DIST, "assets"))).filter((name) => !loaded.includes(`assets/${name}`));
const later = await Promise.all(lazy.map((name) => compressed(`assets/${name}`)));
console.log(
  `${kilobytes(total)}  first load of at most ${LIMIT / 1_000} kB; ${kilobytes(later.reduce((a, b) => a + b, 0)).trim()} more in ${lazy.length} files, when asked for`,
);
if (total >= LIMIT) {
  console.error(`the first load is ${total} bytes compressed: make a route lazy or leave a dependency out`);
  process.exit(1);
}

async function compressed(path) {
  return gzipSync(await readFile(join(DIST, path)), { level: 9 }).length;
}

function kilobytes(bytes) {
  return `${(bytes / 1_000).toFixed(1)} kB`.padStart(9);
}
