// node all.js POSTRIDER [FOLDER]: makes mails and readers' pages with the program in several
// languages and checks them all by check.js. They stay in FOLDER, if one is given.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { findingsIn } = require('./check');
const { Newsletter } = require('./newsletter');

const languages = ['en', 'de', 'ru', 'zh', 'ar'];
const drafts = [
  path.join(__dirname, '../../docs/sample-issue.md'),
  path.join(__dirname, 'sample.md'),
  path.join(__dirname, '../../daemon/sample/welcome.md'),
];

/** Saves the mails that the drafts become; returns their files. */
function mails(paper, out) {
  const files = [];
  for (const draft of drafts) {
    const name = path.basename(draft, '.md');
    fs.copyFileSync(draft, paper.file('drafts', `${name}.md`));
    for (const language of languages) {
      paper.set('language', language);
      paper.run('preview', `drafts/${name}.md`, '--output', `preview-${language}`);
      files.push(path.join(out, `${name}-${language}.html`));
      fs.copyFileSync(paper.file(`preview-${language}`, 'message.html'), files.at(-1));
    }
    fs.unlinkSync(paper.file('drafts', `${name}.md`));
  }
  paper.set('language', 'en');
  return files;
}

/** Saves the pages that a real mail's unsubscribe link leads to, that for a broken link, and those
    of the sign-up; returns their files. */
async function pages(paper, out) {
  paper.run('subscriber', 'add', 'reader@example.org');
  paper.publish('now', 'report');
  const mail = await paper.mail('reader@example.org', /http\S+\/unsubscribe\/[\w-]+/);
  const steps = [
    ['unsubscribe', mail.found, 'GET'], ['unsubscribed', mail.found, 'POST'],
    ['not_found', `${paper.base}/unsubscribe/nonsense`, 'GET'],
    ['subscribe', `${paper.base}/subscribe`, 'GET'],
    ['subscribe_problem', `${paper.base}/subscribe`, 'POST', 'email=reader&name=evil.example'],
    ['subscribe_sent', `${paper.base}/subscribe`, 'POST', 'email=reader%40example.org'],
  ];
  const files = [];
  for (const language of languages) {
    for (const [name, address, method, form] of steps) {
      if (method === 'GET' && name === 'unsubscribe' && language !== 'en') continue;
      const headers = { 'Accept-Language': language };
      const body = form ? new URLSearchParams(form) : undefined;
      const answer = await fetch(address, { method, headers, body });
      files.push(path.join(out, `page-${name}-${language}.html`));
      fs.writeFileSync(files.at(-1), await answer.text());
    }
  }
  return files;
}

async function main(binary, kept) {
  if (!binary) {
    console.error('usage: node all.js POSTRIDER [FOLDER]');
    return 2;
  }
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'postrider-pages-'));
  const out = kept ? path.resolve(kept) : path.join(scratch, 'out');
  fs.mkdirSync(out, { recursive: true });
  try {
    const paper = await Newsletter.init(path.resolve(binary), path.join(scratch, 'newsletter'));
    const files = [...mails(paper, out), ...await paper.serve(() => pages(paper, out))];
    const findings = await findingsIn(files);
    for (const finding of findings) console.error(finding);
    console.log(`${files.length} files, ${findings.length} findings`);
    return findings.length === 0 ? 0 : 1;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

main(...process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => {
  console.error(error.stderr ? String(error.stderr) : error);
  process.exitCode = 1;
});
