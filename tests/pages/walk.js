// One reader's walk through pages, by keyboard alone. Each page on the way is looked at: html-validate's
// and axe's rules, a narrow screen, 200 % zoom, light and dark, every control reached by the Tab key
// in its turn and with a focus that can be seen.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { HtmlValidate } = require('html-validate');
const { focused, toldBadly } = require('./in_page');

const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// Width in CSS pixels, and how many of the screen's make one: 400 is 800 at 200 %.
const views = [[320, 1, 'light'], [320, 1, 'dark'], [400, 2, 'dark'], [800, 1, 'light']];
const mostTabs = 60;
const rules = JSON.parse(fs.readFileSync(path.join(__dirname, 'page.htmlvalidate.json'), 'utf8'));

class Walk {
  /** Pictures of pages, if wanted, and HTML of mails go into the folders. */
  constructor(page, language, { pictures, mails }) {
    Object.assign(this, { page, language, pictures, mails, name: 'start', findings: new Set(), html: '' });
    page.on('response', async (answer) => {
      if (answer.request().isNavigationRequest()) this.html = answer.text().catch(() => '');
    });
  }

  find(what) { this.findings.add(`${this.language} ${this.name}: ${what}`); }

  /** What is to be so at this point of the walk. */
  is(what, actual, expected) {
    if (actual !== expected) this.find(`${what} is ${actual}, not ${expected}`);
  }

  async open(address, name) {
    await this.page.goto(address);
    await this.look(name);
  }

  /** Keeps a mail's HTML for a check of its own. */
  keep(mail, name) {
    if (!mail.html.includes(`<html lang="${this.language}"`)) this.find(`'${name}' is of another language`);
    fs.writeFileSync(path.join(this.mails, `${name}-${this.language}.html`), mail.html);
  }

  /** Keeps it, and returns its link, which stands in its HTML, too. */
  link(mail, name) {
    this.keep(mail, name);
    if (!mail.html.includes(`href="${mail.found}"`)) this.find(`'${name}' has no ${mail.found} in its HTML`);
    return mail.found;
  }

  async look(name) {
    this.name = name;
    await this.validate();
    for (const view of views) await this.lookAs(...view);
    await this.tabThrough();
  }

  async validate() {
    const validator = new HtmlValidate({ root: true, ...rules });
    const report = await validator.validateString(await this.html);
    for (const result of report.results)
      for (const m of result.messages) this.find(`${m.line}:${m.column}: ${m.message} (${m.ruleId})`);
    this.is('the language', await this.page.evaluate(() => document.documentElement.lang), this.language);
  }

  async lookAs(width, scale, scheme) {
    await this.page.setViewport({ width, height: 900, deviceScaleFactor: scale });
    await this.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate((o) => globalThis.axe.run(o), { runOnly: tags });
    for (const { id, help, nodes } of violations)
      this.find(`${help} (axe ${id}, ${width} ${scheme}): ${nodes[0].html}`);
    const overflow = await this.page.evaluate(() => document.documentElement.scrollWidth);
    if (overflow > width) this.find(`is ${overflow} px wide on a screen of ${width}`);
    if (!this.pictures) return;
    const file = `${this.name}-${this.language}-${width}-${scheme}.png`;
    // Beyond the viewport Chromium moves pages that are written from right to left.
    await this.page.screenshot({
      path: path.join(this.pictures, file), fullPage: true, captureBeyondViewport: false,
    });
  }

  /** From the page's start to its end. */
  async tabThrough() {
    await this.leaveFocus();
    let next = 0;
    for (let i = 0; i < mostTabs; i += 1) {
      const { count, at, shown } = await this.tab();
      if (at === -1) return this.is('the number of controls that Tab reaches', next, count);
      if (at > next) this.find(`Tab leaves out control ${next}`);
      if (!shown) this.find(`control ${at} does not show its focus`);
      next = at + 1;
    }
    this.find('Tab does not come to the end');
  }

  /** A page that came with its focus somewhere is left by its end, so that Tab begins at its start. */
  async leaveFocus() {
    if (await this.page.evaluate(() => document.activeElement === document.body)) return;
    for (let i = 0; i < mostTabs; i += 1)
      if ((await this.tab()).at === -1) return;
  }

  async tab() {
    await this.page.keyboard.press('Tab');
    return this.page.evaluate(focused);
  }

  async tabTo(selector) {
    for (let i = 0; i < mostTabs; i += 1) {
      await this.tab();
      if (await this.page.evaluate((s) => document.activeElement.matches(s), selector)) return;
    }
    throw new Error(`${this.language} ${this.name}: the keyboard does not reach ${selector}`);
  }

  valueOf(selector) { return this.page.evaluate((s) => document.querySelector(s).value, selector); }

  async type(selector, text) {
    await this.tabTo(selector);
    await this.page.keyboard.down('Control');
    await this.page.keyboard.press('a');
    await this.page.keyboard.up('Control');
    await this.page.keyboard.type(text);
  }

  /** A check box or a choice is taken, or a value changed, by one key. */
  async key(selector, key) {
    await this.tabTo(selector);
    await this.page.keyboard.press(key);
  }

  /** Presses a button by Enter, and looks at the page that comes. */
  async press(selector, name) {
    await this.leaveBy(selector);
    await this.look(name);
  }

  /** The same, for a form whose first fault is at `faulty`: the focus is there at once. */
  async pressFaulty(selector, name, faulty) {
    await this.leaveBy(selector);
    this.name = name;
    await this.page.waitForFunction((s) => document.activeElement.matches(s), { timeout: 5000 }, faulty)
      .catch(() => this.find(`the focus is not on ${faulty}`));
    for (const told of await this.page.evaluate(toldBadly, faulty)) this.find(told);
    await this.look(name);
  }

  async leaveBy(selector) {
    await this.tabTo(selector);
    await Promise.all([this.page.waitForNavigation(), this.page.keyboard.press('Enter')]);
  }
}

module.exports = { Walk };
