// What the checks of pages need of a running newsletter.
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function until(what, find) {
  for (const end = Date.now() + 20000; Date.now() < end;) {
    const found = await find();
    if (found) return found;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  throw new Error(`${what} did not come within 20 s`);
}

async function isUp(base) {
  try {
    return (await fetch(`${base}/healthz`)).ok;
  } catch {
    return false;
  }
}

/** What the pattern finds in a mail of the outbox to that address; null: there is none yet. */
function mailTo(outbox, address, pattern) {
  if (!fs.existsSync(outbox)) return null;
  for (const name of fs.readdirSync(outbox, { recursive: true })) {
    if (!name.endsWith('.eml')) continue;
    const text = fs.readFileSync(path.join(outbox, name), 'utf8').replace(/=\r\n/g, '');
    const found = new RegExp(`^To:[^\\n]*${address}`, 'm').test(text) && pattern.exec(text);
    if (found) return found[0];
  }
  return null;
}

module.exports = { freePort, until, isUp, mailTo };
