// The newsletters whose doors are walked through, and who reads them.
'use strict';
const { Newsletter } = require('../newsletter');

const languages = ['en', 'de', 'ar'];
// Each comes from a network of their own, since limits count by networks.
const networks = { en: '192.0.2.1', de: '198.51.100.1', ar: '203.0.113.1' };

function readerOf(language) { return `reader-${language}@example.org`; }

/** Two lists, of which one has a welcome, readers of both, and an issue that goes out at once. */
async function openHouse(postrider, folder) {
  const paper = await Newsletter.init(postrider, folder);
  paper.set('welcome', 'welcome.md');
  paper.write('welcome.md', '---\ntitle: Welcome\n---\n\nDear {{subscriber.name}}, good to have you.\n');
  paper.set('disposable_domains', 'disposable.txt');
  paper.write('disposable.txt', 'throwaway.example\n');
  paper.set('ask_again', '1ms');
  paper.set('least_form_age', '1ms');
  paper.addList('digest', 'The Monthly Digest of Everything That Happened');
  for (const list of ['report', 'digest'])
    for (const language of languages) paper.run('subscriber', 'add', readerOf(language), '--list', list);
  return paper;
}

/** One list, no forms of other sites, and one sign-up at a time from a network. */
async function strictHouse(postrider, folder) {
  const paper = await Newsletter.init(postrider, folder);
  paper.set('plain_forms', false);
  paper.set('least_form_age', '1ms');
  paper.set('per_network', '2/h');
  return paper;
}

/** Issues wait for the word of a reviewer of each language. */
async function reviewedHouse(postrider, folder) {
  const paper = await Newsletter.init(postrider, folder);
  paper.set('approval', 'required');
  paper.set('reviewers', languages.map(readerOf));
  paper.set('preview_pause', '1ms');
  return paper;
}

module.exports = { languages, networks, readerOf, openHouse, reviewedHouse, strictHouse };
