// Debian's Chromium, headless and without any connection of its own.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const puppeteer = require('puppeteer-core');

const chromium = process.env.CHROMIUM || '/usr/bin/chromium';

/** Calls `use(browser)` with a Chromium that lives as long as the call and keeps nothing. */
async function withBrowser(use) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'postrider-chromium-'));
  const browser = await puppeteer.launch({
    executablePath: chromium,
    userDataDir: profile,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--hide-scrollbars',
    ],
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
}

/** Opens an HTML file as a reader with that width and scheme sees it; nothing remote is fetched. */
async function openPage(browser, file, width, scheme) {
  const page = await browser.newPage();
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    if (/^(file|data|about):/.test(request.url())) request.continue();
    else request.abort();
  });
  await page.goto('file://' + path.resolve(file), { waitUntil: 'load' });
  return page;
}

module.exports = { withBrowser, openPage };
