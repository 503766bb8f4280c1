// A reader leaves one list, then all, takes it back, and tries links that are over or broken.
'use strict';

const undoForm = 'form[action]';
const othersForm = 'form:not([action])';

function undoLink(walk) {
  return walk.page.evaluate((form) => document.querySelector(form).action, undoForm);
}

/** By a mail's link to 'report', of one who is on 'digest', too. */
async function leaveOneByOne(walk, paper, email, link) {
  await walk.open(link, 'unsubscribe');
  walk.is('the reader after a GET', paper.states(email), 'digest confirmed, report confirmed');
  await walk.type('#reason', 'Too many');
  await walk.press('form button', 'unsubscribed');
  walk.is('the reader', paper.states(email), 'digest confirmed, report unsubscribed');
  const undo = await undoLink(walk);
  await walk.press(`${othersForm} button`, 'unsubscribed_others');
  walk.is('the reader', paper.states(email), 'digest unsubscribed, report unsubscribed');
  await walk.open(undo, 'resubscribe');
  walk.is('the reader after a GET', paper.states(email), 'digest unsubscribed, report unsubscribed');
  await walk.press('form button', 'resubscribed');
  walk.is('the reader', paper.states(email), 'digest unsubscribed, report confirmed');
  await walk.open(link, 'unsubscribe_last');
  await walk.press('form button', 'unsubscribed_last');
  await walk.open(undo, 'resubscribe_over');
}

/** Everything at once, and back. */
async function leaveAll(walk, paper, email, link) {
  await walk.open(link, 'unsubscribe');
  await walk.key('input[name=scope]', 'ArrowDown');
  await walk.press('form button', 'unsubscribed_all');
  walk.is('the reader', paper.states(email), 'digest unsubscribed, report unsubscribed');
  await walk.press(`${undoForm} button`, 'resubscribed');
  walk.is('the reader', paper.states(email), 'digest confirmed, report confirmed');
  await walk.open(link.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')), 'not_found');
}

module.exports = { leaveOneByOne, leaveAll };
