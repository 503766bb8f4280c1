// What a mail in the outbox says: its address and its two parts, decoded.
'use strict';
const fs = require('node:fs');

/** Quoted-printable UTF-8 (RFC 2045 §6.7) as text. */
function decoded(text) {
  const octets = text.replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, 'latin1').toString('utf8').replace(/\r\n/g, '\n');
}

function readMail(file) {
  const raw = fs.readFileSync(file, 'latin1');
  const boundary = /boundary="([^"]+)"/.exec(raw)?.[1];
  const part = (type) => {
    const found = raw.split(`--${boundary}`).find((each) => each.startsWith(`\r\nContent-Type: text/${type};`));
    return found ? decoded(found.slice(found.indexOf('\r\n\r\n') + 4)) : '';
  };
  const to = /^To: (?:[^\n]*<)?([^\s<>]+)>?\r$/m.exec(raw);
  return { to: to?.[1], html: part('html'), text: part('plain') };
}

module.exports = { readMail };
