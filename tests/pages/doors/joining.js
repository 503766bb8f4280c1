// A stranger signs up, with all that can be wrong in the form at first, confirms, and is welcomed.
'use strict';

const names = { en: 'Anna Reader', de: 'Jürgen Groß', ar: 'آمنة قارئة' };
const question = /https?:\/\/\S+\/confirm\/[\w-]+/;

/** The text that the page asks to agree to. */
function consentOn(walk) {
  return walk.page.evaluate(() => document.querySelector('p.consent').textContent);
}

/** Sends the form with one fault after the other; what was typed stays there. */
async function joinFaultily(walk, paper) {
  await walk.open(`${paper.base}/subscribe`, 'subscribe');
  await walk.type('#email', 'reader@nowhere@example.org');
  await walk.pressFaulty('form button', 'subscribe_problem', 'fieldset');
  walk.is('the address typed', await walk.valueOf('#email'), 'reader@nowhere@example.org');
  await walk.key('input[value=report]', 'Space');
  await walk.key('input[value=digest]', 'Space');
  await walk.pressFaulty('form button', 'subscribe_problem_address', '#email');
  await walk.type('#email', 'reader@throwaway.example');
  await walk.pressFaulty('form button', 'subscribe_problem_provider', '#email');
}

/** Returns the confirmation's link. */
async function join(walk, paper, email) {
  await joinFaultily(walk, paper);
  await walk.type('#email', email);
  await walk.type('#name', 'Win at http://evil.example');
  await walk.pressFaulty('form button', 'subscribe_problem_name', '#name');
  await walk.type('#name', names[walk.language]);
  const consent = await consentOn(walk);
  await walk.press('form button', 'subscribe_sent');
  const link = walk.link(await paper.mail(email, question), 'mail_confirm');
  await walk.open(link, 'confirm');
  walk.is('the reader after a GET', paper.states(email), 'digest pending, report pending');
  await walk.press('form button', 'confirmed');
  walk.is('the reader', paper.states(email), 'digest confirmed, report confirmed');
  checkEvidence(walk, paper, email, consent);
  return link;
}

function checkEvidence(walk, paper, email, agreed) {
  const { name, language, subscriptions } = paper.reader(email);
  walk.is('the name', name, names[walk.language]);
  walk.is('the language', language, walk.language);
  const { consent } = subscriptions.find(({ list }) => list === 'report');
  walk.is('the page of the consent', consent.where, `${paper.base}/subscribe`);
  walk.is('the text agreed to', consent.how, agreed);
}

/** Who is on the list gets the same answer, and a mail that says so. */
async function joinAgain(walk, paper, email) {
  await walk.open(`${paper.base}/subscribe?list=report&email=${encodeURIComponent(email)}`, 'subscribe_filled');
  await walk.press('form button', 'subscribe_sent');
  const told = await paper.mail(email, /[^]+/);
  walk.keep(told, 'mail_already_subscribed');
  walk.is('a link in it', question.test(told.text), false);
}

module.exports = { join, joinAgain, consentOn };
