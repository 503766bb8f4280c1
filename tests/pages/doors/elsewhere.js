// The form for other sites, as docs/sign-up.md shows it, on a site of its own.
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { consentOn } = require('./joining');

const confirmation = /https?:\/\/\S+\/confirm\/[\w-]+/;

const told = fs.readFileSync(path.join(__dirname, '../../../docs/sign-up.md'), 'utf8');

function siteOf(base) {
  const form = /^ {4}<form [^]*?<\/form>$/m.exec(told)[0]
    .replace('https://news.report.example', base);
  return `<!DOCTYPE html>
<html lang="LANGUAGE">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Another site</title>
</head>
<body>
<main>
<h1>Another site</h1>
${form}
</main>
</body>
</html>
`;
}

/** Another origin, which has the form on its only page, as long as `use(address)` runs. */
async function withSite(base, use) {
  const site = http.createServer((request, answer) => {
    answer.setHeader('Content-Type', 'text/html; charset=utf-8');
    answer.end(siteOf(base).replace('LANGUAGE', request.headers['accept-language']));
  });
  await new Promise((resolve) => { site.listen(0, '127.0.0.1', resolve); });
  try {
    return await use(`http://localhost:${site.address().port}/`);
  } finally {
    site.closeAllConnections();
    site.close();
  }
}

async function joinFromElsewhere(walk, paper, site) {
  const email = `elsewhere-${walk.language}@example.org`;
  await walk.open(site, 'elsewhere');
  await walk.type('[name=email]', email);
  await walk.press('form button', 'elsewhere_sent');
  walk.is('the page', walk.page.url(), `${paper.base}/subscribe`);
  const question = await paper.mail(email, confirmation);  // the page does not wait for the disk
  walk.is('the reader', paper.states(email), 'report pending');
  const { consent } = paper.reader(email).subscriptions[0];
  walk.is('the consent', consent.how, 'a form on another site');
  await walk.open(walk.link(question, 'mail_confirm'), 'confirm');
  await walk.press('form button', 'confirmed');
  walk.is('the reader', paper.states(email), 'report confirmed');
}

/** Where plain forms are not taken: our own page asks, and says the consent. Then the limit is met. */
async function joinByOurPage(walk, paper, site) {
  const email = `elsewhere-${walk.language}@example.org`;
  await walk.open(site, 'elsewhere');
  await walk.type('[name=email]', email);
  await walk.press('form button', 'subscribe_once_more');
  walk.is('the reader', paper.reader(email), null);
  const consent = await consentOn(walk);
  await walk.press('form button', 'subscribe_sent');
  await paper.mail(email, confirmation);
  walk.is('the reader', paper.states(email), 'report pending');
  walk.is('the consent', paper.reader(email).subscriptions[0].consent.how, consent);
  await walk.open(`${paper.base}/subscribe?email=another@example.org`, 'subscribe_one_list');
  await walk.press('form button', 'subscribe_limited');
}

module.exports = { withSite, joinFromElsewhere, joinByOurPage };
