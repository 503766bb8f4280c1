// node doors.js POSTRIDER [FOLDER]: walks the readers' doors as readers of English, German and Arabic
// do, by keyboard alone, and looks at each page and mail on the way. Pictures and mails stay in
// FOLDER. Exit status 1: findings.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { withBrowser } = require('./browser');
const { findingsIn } = require('./check');
const { Walk } = require('./walk');
const { choose, takeData, move, vanish } = require('./doors/choosing');
const { withSite, joinFromElsewhere, joinByOurPage } = require('./doors/elsewhere');
const { languages, networks, readerOf, openHouse, reviewedHouse, strictHouse } = require('./doors/houses');
const { join, joinAgain } = require('./doors/joining');
const { leaveOneByOne, leaveAll } = require('./doors/leaving');
const { review } = require('./doors/reviewing');

const unsubscribe = /https?:\/\/\S+\/unsubscribe\/[\w-]+/;

/** Who signs up by themselves, and leaves by the link of the welcome. */
async function walkAsStranger(walk, paper) {
  const email = `stranger-${walk.language}@example.org`;
  const confirmed = await join(walk, paper, email);
  const welcome = await paper.mail(email, unsubscribe);
  walk.is('the welcome', /^Dear .+, good to have you\.$/m.test(welcome.text), true);
  await joinAgain(walk, paper, email);
  await leaveOneByOne(walk, paper, email, welcome.found);
  await walk.open(confirmed, 'confirm_gone');
  await walk.press('form button', 'subscribe');
  walk.is('the page', new URL(walk.page.url()).pathname, '/subscribe');
}

/** Who has been reading for long, by the links of an issue. */
async function walkAsReader(walk, paper, scratch) {
  const email = readerOf(walk.language);
  const issue = await paper.mail(email, unsubscribe);
  const preferences = /https?:\/\/\S+\/preferences\/[\w-]+/.exec(issue.text)[0];
  await leaveAll(walk, paper, email, issue.found);
  await choose(walk, paper, email, preferences);
  await takeData(walk, email, scratch);
  await vanish(walk, paper, await move(walk, paper, email, preferences), preferences);
}

/** One reader after the other, each with a page of their own; returns what they found. */
async function walkInAll(browser, folders, walkIt) {
  const findings = [];
  for (const language of languages) {
    const page = await browser.newPage();
    await page.emulateFocusedPage(true);
    await page.setExtraHTTPHeaders({
      'Accept-Language': language, 'X-Forwarded-For': networks[language],
    });
    const walk = new Walk(page, language, folders);
    await walkIt(walk).catch((error) => walk.find(error.stack));
    findings.push(...walk.findings);
    await page.close();
  }
  return findings;
}

async function walkDoors(browser, postrider, folders) {
  const open = await openHouse(postrider, path.join(folders.scratch, 'open'));
  const inOpen = await open.serve(() => withSite(open.base, (site) => {
    open.publish('now', 'report');
    return walkInAll(browser, folders, async (walk) => {
      await walkAsStranger(walk, open);
      await walkAsReader(walk, open, folders.scratch);
      await joinFromElsewhere(walk, open, site);
    });
  }));
  const strict = await strictHouse(postrider, path.join(folders.scratch, 'strict'));
  const inStrict = await strict.serve(() => withSite(strict.base, (site) =>
    walkInAll(browser, folders, (walk) => joinByOurPage(walk, strict, site))));
  const reviewed = await reviewedHouse(postrider, path.join(folders.scratch, 'reviewed'));
  const inReviewed = await reviewed.serve(() =>
    walkInAll(browser, folders, (walk) => review(walk, reviewed)));
  return [...inOpen, ...inStrict, ...inReviewed];
}

async function main(binary, kept) {
  if (!binary) {
    console.error('usage: node doors.js POSTRIDER [FOLDER]');
    return 2;
  }
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'postrider-doors-'));
  const pictures = kept && path.resolve(kept);
  const folders = { scratch, pictures, mails: path.join(pictures ?? scratch, 'mails') };
  fs.mkdirSync(folders.mails, { recursive: true });
  try {
    const findings = await withBrowser((browser) =>
      walkDoors(browser, path.resolve(binary), folders));
    const mails = fs.readdirSync(folders.mails).map((name) => path.join(folders.mails, name));
    findings.push(...await findingsIn(mails));
    for (const finding of findings) console.error(finding);
    console.log(`${languages.length} readers, ${mails.length} mails, ${findings.length} findings`);
    return findings.length === 0 ? 0 : 1;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

main(...process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => {
  console.error(error.stderr ? String(error.stderr) : error);
  process.exitCode = 1;
});
