// node check.js FILE.html…: html-validate's rules, axe's (WCAG 2.2 A and AA) at a phone's and a
// desk's width in light and dark, and nothing wider than the screen. Exit status 1: findings.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { HtmlValidate } = require('html-validate');
const { withBrowser, openPage } = require('./browser');

const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// A mail is shown inside a mail program's own landmarks.
const off = { mail: ['landmark-one-main', 'region'], page: [] };
const widths = [320, 800];

/** Mails are known by their presentation tables, pages by having none. */
function kindOf(html) {
  return /<table[^>]*role="presentation"/.test(html) ? 'mail' : 'page';
}

function configurationOf(kind) {
  return JSON.parse(fs.readFileSync(path.join(__dirname, `${kind}.htmlvalidate.json`), 'utf8'));
}

async function invalid(file) {
  const html = fs.readFileSync(file, 'utf8');
  const validator = new HtmlValidate({ root: true, ...configurationOf(kindOf(html)) });
  const report = await validator.validateString(html, file);
  return report.results.flatMap((result) =>
    result.messages.map((m) => `${file}:${m.line}:${m.column}: ${m.message} (${m.ruleId})`));
}

async function inaccessible(browser, file) {
  const findings = new Set();
  const disabled = off[kindOf(fs.readFileSync(file, 'utf8'))];
  const options = {
    runOnly: tags,
    rules: Object.fromEntries(disabled.map((rule) => [rule, { enabled: false }])),
  };
  for (const width of widths) {
    for (const scheme of ['light', 'dark']) {
      const page = await openPage(browser, file, width, scheme);
      await page.evaluate(axe);
      const { violations } = await page.evaluate((o) => globalThis.axe.run(o), options);
      for (const { id, help, nodes } of violations) {
        const detail = nodes[0].any.concat(nodes[0].all).map((check) => check.message)[0] || '';
        findings.add(`${file}: ${help} (axe ${id}, ${scheme}): ${nodes[0].html} ${detail}`);
      }
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth);
      if (overflow > width) findings.add(`${file}: is ${overflow} px wide on a screen of ${width}`);
      await page.close();
    }
  }
  return [...findings];
}

async function findingsIn(files) {
  const findings = [];
  for (const file of files) findings.push(...await invalid(file));
  await withBrowser(async (browser) => {
    for (const file of files) findings.push(...await inaccessible(browser, file));
  });
  return findings;
}

async function main(files) {
  if (files.length === 0) {
    console.error('usage: node check.js FILE.html…');
    return 2;
  }
  const findings = await findingsIn(files);
  for (const finding of findings) console.error(finding);
  console.log(`${files.length} files, ${findings.length} findings`);
  return findings.length === 0 ? 0 : 1;
}

if (require.main === module)
  main(process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => {
    console.error(error);
    process.exitCode = 1;
  });

module.exports = { findingsIn };
