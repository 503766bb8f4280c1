// node doors.js POSTRIDER [FOLDER]: walks the readers' doors as three readers do (English, German,
// Arabic), by keyboard alone, and looks at each page on the way: axe's and html-validate's rules, a
// narrow screen, 200 % zoom, light and dark, a focus that can be seen. Pictures stay in FOLDER.
// Exit status 1: findings.
'use strict';
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { HtmlValidate } = require('html-validate');
const { withBrowser } = require('./browser');
const { freePort, until, isUp, mailTo } = require('./paper');

const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const languages = ['en', 'de', 'ar'];
// Width in CSS pixels, and how many of the screen's make one: 400 is 800 at 200 %.
const views = [[320, 1, 'light'], [320, 1, 'dark'], [400, 2, 'light'], [800, 1, 'dark'], [800, 1, 'light']];
const mostTabs = 40;

const rules = JSON.parse(fs.readFileSync(path.join(__dirname, 'page.htmlvalidate.json'), 'utf8'));

class Walk {
  constructor(page, language, out) {
    Object.assign(this, { page, language, out, findings: new Set(), html: '' });
    page.on('response', async (answer) => {
      if (answer.request().isNavigationRequest()) this.html = answer.text().catch(() => '');
    });
  }

  find(what) { this.findings.add(`${this.language} ${this.name}: ${what}`); }

  async open(address, name) {
    await this.page.goto(address);
    await this.look(name);
  }

  async look(name) {
    this.name = name;
    const validator = new HtmlValidate({ root: true, ...rules });
    const report = await validator.validateString(await this.html);
    for (const result of report.results)
      for (const m of result.messages) this.find(`${m.line}:${m.column}: ${m.message} (${m.ruleId})`);
    const lang = await this.page.evaluate(() => document.documentElement.lang);
    if (lang !== this.language) this.find(`speaks ${lang}`);
    for (const [width, scale, scheme] of views) {
      await this.page.setViewport({ width, height: 900, deviceScaleFactor: scale });
      await this.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await this.page.evaluate(axe);
      const { violations } = await this.page.evaluate((o) => globalThis.axe.run(o), { runOnly: tags });
      for (const { id, help, nodes } of violations)
        this.find(`${help} (axe ${id}, ${width} ${scheme}): ${nodes[0].html}`);
      const overflow = await this.page.evaluate(() => document.documentElement.scrollWidth);
      if (overflow > width) this.find(`is ${overflow} px wide on a screen of ${width}`);
      if (this.out)
        await this.page.screenshot({
          path: path.join(this.out, `${name}-${this.language}-${width}-${scheme}.png`), fullPage: true,
        });
    }
  }

  /** Tabs on to what the selector means; each stop on the way must show that it has the focus. */
  async tabTo(selector) {
    for (let i = 0; i < mostTabs; i += 1) {
      await this.page.keyboard.press('Tab');
      const [there, visible] = await this.page.evaluate((s) => {
        const element = document.activeElement;
        const style = getComputedStyle(element);
        const shown = element === document.body || style.outlineStyle !== 'none';
        return [element.matches(s), shown];
      }, selector);
      if (!visible) this.find(`a stop before ${selector} does not show its focus`);
      if (there) return;
    }
    throw new Error(`${this.language} ${this.name}: the keyboard does not reach ${selector}`);
  }

  async type(selector, text) {
    await this.tabTo(selector);
    await this.page.keyboard.down('Control');
    await this.page.keyboard.press('a');
    await this.page.keyboard.up('Control');
    await this.page.keyboard.type(text);
  }

  /** Presses a button by Enter, and looks at the page that comes. */
  async press(selector, name) {
    await this.tabTo(selector);
    await Promise.all([this.page.waitForNavigation(), this.page.keyboard.press('Enter')]);
    await this.look(name);
  }
}

async function walkAsReader(walk, links, mailed) {
  await walk.open(links.unsubscribe, 'unsubscribe');
  await walk.type('#reason', 'Too many');
  await walk.press('form button', 'unsubscribed');
  const undo = await walk.page.evaluate(() => document.querySelector('form[action]').action);
  await walk.open(undo, 'resubscribe');
  await walk.press('form button', 'resubscribed');
  await walk.open(links.unsubscribe.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')), 'not_found');
  await walk.open(links.preferences, 'preferences');
  await walk.type('#time_zone', 'Mars/Base');
  await walk.press('form button', 'preferences_problem');
  await walk.type('#name', 'Anna Leser');
  await walk.type('#time_zone', 'Europe/Berlin');
  await walk.press('form button', 'preferences_saved');
  await walk.type('#email', `new-${walk.language}@example.org`);
  await walk.press('form button.second', 'preferences_mailed');
  const confirm = await mailed(`new-${walk.language}@example.org`, /https?:\/\/\S+\/change-address\/[\w-]+/);
  await walk.open(confirm, 'change_address');
  await walk.press('form button', 'address_changed');
  await walk.open(links.preferences, 'preferences');
  await walk.press('input[value=erase] + button', 'preferences_mailed');
  await walk.open(await mailed(`new-${walk.language}@example.org`, /https?:\/\/\S+\/erase\/[\w-]+/), 'erase');
  await walk.press('form button', 'erased');
}

async function main(binary, kept) {
  if (!binary) {
    console.error('usage: node doors.js POSTRIDER [FOLDER]');
    return 2;
  }
  const postrider = path.resolve(binary);
  const out = kept && path.resolve(kept);
  if (out) fs.mkdirSync(out, { recursive: true });
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'postrider-doors-'));
  const newsletter = path.join(scratch, 'newsletter');
  execFileSync(postrider, ['init', newsletter], { stdio: 'ignore' });
  const run = (...words) => execFileSync(postrider, words, { cwd: newsletter, stdio: 'pipe' });
  const settings = path.join(newsletter, 'postrider.toml');
  const base = `http://127.0.0.1:${await freePort()}`;
  const set = (key, value) => fs.writeFileSync(settings, fs.readFileSync(settings, 'utf8')
    .replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = "${value}"`));
  set('base_url', base);
  set('listen', base.replace('http://', ''));
  fs.appendFileSync(settings, '\n[lists.digest]\nname = "The Monthly Digest of Everything That Happened"\n');
  const readers = Object.fromEntries(languages.map((l) => [l, `reader-${l}@example.org`]));
  for (const list of ['report', 'digest'])
    for (const reader of Object.values(readers)) run('subscriber', 'add', reader, '--list', list);
  const daemon = spawn(postrider, ['run'], { cwd: newsletter, stdio: 'ignore' });
  const ended = new Promise((resolve) => { daemon.on('exit', resolve); });
  const findings = [];
  try {
    await until('the daemon', () => isUp(base));
    const draft = path.join(newsletter, 'drafts/.now');
    fs.writeFileSync(draft, '---\ntitle: Now\nstatus: ready\nsend_at: now\nlists: [report]\n---\n\nHello.\n');
    fs.renameSync(draft, path.join(newsletter, 'drafts/now.md'));
    const mailed = (address, link) => until(`a mail to ${address}`,
      () => mailTo(path.join(newsletter, 'outbox'), address, link));
    await withBrowser(async (browser) => {
      for (const language of languages) {
        const page = await browser.newPage();
        await page.setExtraHTTPHeaders({ 'Accept-Language': language });
        const walk = new Walk(page, language, out);
        const links = {};
        for (const door of ['unsubscribe', 'preferences'])
          links[door] = await mailed(readers[language], new RegExp(`https?://\\S+/${door}/[\\w-]+`));
        await walkAsReader(walk, links, mailed);
        findings.push(...walk.findings);
        await page.close();
      }
    });
  } finally {
    daemon.kill('SIGTERM');
    await ended;
    fs.rmSync(scratch, { recursive: true, force: true });
  }
  for (const finding of findings) console.error(finding);
  console.log(`${languages.length} readers, ${findings.length} findings`);
  return findings.length === 0 ? 0 : 1;
}

main(...process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => {
  console.error(error.stderr ? String(error.stderr) : error);
  process.exitCode = 1;
});
