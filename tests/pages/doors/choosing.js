// A reader's own settings: lists, name, language, time zone, a pause, another address, their data,
// and its erasure.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { until } = require('../newsletter');

const mostLanguages = 20;
const nextYear = new Date().getUTCFullYear() + 1;

/** Month, day and year, as Chromium asks for them in English. */
async function typeDay(walk, day) {
  await walk.tabTo('#paused_until');
  await walk.page.keyboard.type(day);
}

async function chooseLanguage(walk) {
  await walk.tabTo('#language');
  for (let i = 0; i < mostLanguages; i += 1) {
    await walk.page.keyboard.press('ArrowDown');
    if (await walk.valueOf('#language') === walk.language) return;
  }
  walk.find('the language cannot be chosen');
}

async function chooseFaultily(walk) {
  await walk.type('#time_zone', 'Mars/Base');
  await typeDay(walk, '02012001');
  await walk.pressFaulty('form button', 'preferences_problem', '#time_zone');
  await walk.type('#time_zone', 'Europe/Berlin');
  await walk.pressFaulty('form button', 'preferences_problem_pause', '#paused_until');
}

async function choose(walk, paper, email, link) {
  await walk.open(link, 'preferences');
  await chooseFaultily(walk);
  await walk.key('[name=list][value=digest]', 'Space');
  await walk.type('#name', 'Anna Leser');
  await chooseLanguage(walk);
  await typeDay(walk, `0201${nextYear}`);
  await walk.press('form button', 'preferences_saved');
  const reader = paper.reader(email);
  walk.is('the reader', paper.states(email), 'digest unsubscribed, report confirmed');
  walk.is('the name', reader.name, 'Anna Leser');
  walk.is('the language', reader.language, walk.language);
  walk.is('the time zone', reader.time_zone, 'Europe/Berlin');
  walk.is('the pause', reader.paused_until, `${nextYear}-01-31T23:00:00Z`);
}

async function takeData(walk, email, folder) {
  const session = await walk.page.createCDPSession();
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
  await walk.key('input[value=export] + button', 'Enter');
  const file = path.join(folder, 'my-data.json');
  await until('the data', () => fs.existsSync(file));
  walk.is('the address in the data', JSON.parse(fs.readFileSync(file, 'utf8')).email, email);
  fs.rmSync(file);
}

/** Asks for a mail to another address; returns its link. */
async function askAt(walk, paper, email) {
  await walk.type('#email', email);
  await walk.press('input[value=address] ~ button', 'preferences_mailed');
  const mail = await paper.mail(email, /https?:\/\/\S+\/change-address\/[\w-]+/);
  return walk.link(mail, 'mail_change_address');
}

async function move(walk, paper, old, link) {
  const email = `new-${walk.language}@example.org`;
  const taken = `taken-${walk.language}@example.org`;
  await walk.open(link, 'preferences');
  await walk.type('#email', 'nobody');
  await walk.pressFaulty('input[value=address] ~ button', 'preferences_problem_address', '#email');
  const late = await askAt(walk, paper, taken);
  paper.run('subscriber', 'add', taken, '--list', 'report');
  await walk.open(late, 'link_over');
  await walk.open(link, 'preferences');
  await walk.open(await askAt(walk, paper, email), 'change_address');
  walk.is('who has the new address after a GET', paper.reader(email), null);
  await walk.press('form button', 'address_changed');
  walk.is('who has the old address', paper.reader(old), null);
  walk.is('the reader', paper.states(email), 'digest unsubscribed, report confirmed');
  walk.keep(await paper.mail(old, /[^]+/), 'mail_address_changed');
  return email;
}

async function vanish(walk, paper, email, link) {
  await walk.open(link, 'preferences');
  await walk.press('input[value=erase] + button', 'preferences_mailed');
  const mail = await paper.mail(email, /https?:\/\/\S+\/erase\/[\w-]+/);
  await walk.open(walk.link(mail, 'mail_erase'), 'erase');
  walk.is('the name after a GET', paper.reader(email).name, 'Anna Leser');
  await walk.press('form button', 'erased');
  walk.is('the reader', paper.reader(email), null);
  await walk.open(link, 'not_found');
}

module.exports = { choose, takeData, move, vanish };
