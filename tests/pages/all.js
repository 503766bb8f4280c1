// node all.js POSTRIDER [FOLDER]: makes mails and readers' pages with the program in several
// languages and checks them all by check.js. They stay in FOLDER, if one is given.
'use strict';
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { freePort, until, isUp } = require('./paper');

const languages = ['en', 'de', 'ru', 'zh', 'ar'];
const drafts = [
  path.join(__dirname, '../../docs/sample-issue.md'),
  path.join(__dirname, 'sample.md'),
  path.join(__dirname, '../../daemon/sample/welcome.md'),
];

/** The unsubscribe link of a mail in the outbox. */
function linkIn(outbox) {
  if (!fs.existsSync(outbox)) return null;
  const mail = fs.readdirSync(outbox, { recursive: true }).find((name) => name.endsWith('.eml'));
  if (!mail) return null;
  const text = fs.readFileSync(path.join(outbox, mail), 'utf8').replace(/\r\n[ \t]/g, ' ');
  return /^List-Unsubscribe:[^\n]*<(http[^>]*)>/m.exec(text)?.[1];
}

/** Saves the pages that a real mail's unsubscribe link leads to, and the one for a broken link. */
async function pages(run, postrider, newsletter, base, out) {
  run('subscriber', 'add', 'reader@example.org');
  const daemon = spawn(postrider, ['run'], { cwd: newsletter, stdio: 'ignore' });
  const ended = new Promise((resolve) => { daemon.on('exit', resolve); });
  try {
    await until('the daemon', () => isUp(base));
    const draft = path.join(newsletter, 'drafts/.now');
    fs.writeFileSync(draft, '---\ntitle: Now\nstatus: ready\nsend_at: now\n---\n\nHello.\n');
    fs.renameSync(draft, path.join(newsletter, 'drafts/now.md'));
    const link = await until('the mail', () => linkIn(path.join(newsletter, 'outbox')));
    const steps = [
      ['unsubscribe', link, 'GET'], ['unsubscribed', link, 'POST'],
      ['not_found', `${base}/unsubscribe/nonsense`, 'GET'],
      ['subscribe', `${base}/subscribe`, 'GET'],
      ['subscribe_problem', `${base}/subscribe`, 'POST', 'email=reader&name=evil.example'],
      ['subscribe_sent', `${base}/subscribe`, 'POST', 'email=reader%40example.org'],
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
  } finally {
    daemon.kill('SIGTERM');
    await ended;
  }
}

async function main(binary, kept) {
  if (!binary) {
    console.error('usage: node all.js POSTRIDER [FOLDER]');
    return 2;
  }
  const postrider = path.resolve(binary);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'postrider-pages-'));
  const out = kept ? path.resolve(kept) : path.join(scratch, 'out');
  fs.mkdirSync(out, { recursive: true });
  try {
    const newsletter = path.join(scratch, 'newsletter');
    execFileSync(postrider, ['init', newsletter], { stdio: 'ignore' });
    const run = (...words) => execFileSync(postrider, words, { cwd: newsletter, stdio: 'pipe' });
    const settings = path.join(newsletter, 'postrider.toml');
    const base = `http://127.0.0.1:${await freePort()}`;
    const set = (key, value) => fs.writeFileSync(settings, fs.readFileSync(settings, 'utf8')
      .replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = "${value}"`));
    set('base_url', base);
    set('listen', base.replace('http://', ''));
    const files = [];
    for (const draft of drafts) {
      const name = path.basename(draft, '.md');
      fs.copyFileSync(draft, path.join(newsletter, 'drafts', `${name}.md`));
      for (const language of languages) {
        set('language', language);
        run('preview', `drafts/${name}.md`, '--output', `preview-${language}`);
        files.push(path.join(out, `${name}-${language}.html`));
        fs.copyFileSync(path.join(newsletter, `preview-${language}`, 'message.html'), files.at(-1));
      }
      fs.unlinkSync(path.join(newsletter, 'drafts', `${name}.md`));
    }
    set('language', 'en');
    files.push(...await pages(run, postrider, newsletter, base, out));
    try {
      execFileSync(process.execPath, [path.join(__dirname, 'check.js'), ...files],
        { stdio: 'inherit' });
      return 0;
    } catch {
      return 1;
    }
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

main(...process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => {
  console.error(error.stderr ? String(error.stderr) : error);
  process.exitCode = 1;
});
