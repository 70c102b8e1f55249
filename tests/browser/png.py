"""Pictures small enough for a repository: 256 colours, chosen in the browser, compressed by zlib."""

import base64
import struct
import zlib
from typing import Any

from playwright.sync_api import Page

_CHOOSE = """
async (encoded) => {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const colour = (at) => (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) counts.set(colour(at), (counts.get(colour(at)) ?? 0) + 1);
  // One of each family of colours first, lest the shades of grey of all letters take every place.
  const often = [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value);
  const families = new Map();
  for (const value of often) if (!families.has(value & 0xe0e0e0)) families.set(value & 0xe0e0e0, value);
  const palette = [...new Set([...families.values(), ...often])].slice(0, 256);
  const part = (value, bits) => (value >> bits) & 255;
  const apart = (a, b) => [0, 8, 16].reduce((sum, bits) => sum + (part(a, bits) - part(b, bits)) ** 2, 0);
  const nearest = new Map(palette.map((value, index) => [value, index]));
  const indexOf = (value) => {
    let best = 0;
    palette.forEach((other, index) => {
      if (apart(other, value) < apart(palette[best], value)) best = index;
    });
    nearest.set(value, best);
    return best;
  };
  const indices = new Uint8Array(data.length / 4);
  for (let at = 0; at < indices.length; at += 1) {
    indices[at] = nearest.get(colour(at * 4)) ?? indexOf(colour(at * 4));
  }
  let text = "";
  for (let at = 0; at < indices.length; at += 8192) {
    text += String.fromCharCode(...indices.subarray(at, at + 8192));
  }
  return { width: image.width, height: image.height, palette, indices: btoa(text) };
}
"""


def packed(page: Page, png: bytes) -> bytes:
    """The picture with a palette. `page`: any that allows scripts."""
    chosen: Any = page.evaluate(_CHOOSE, base64.b64encode(png).decode())
    width, height = chosen["width"], chosen["height"]
    indices = base64.b64decode(chosen["indices"])
    rows = b"".join(b"\x00" + indices[row * width : (row + 1) * width] for row in range(height))
    palette = b"".join(value.to_bytes(3, "big") for value in chosen["palette"])
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # 8 bits, indexed
    chunks = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
