// node screenshot.js FILE.html OUT.png WIDTH light|dark: the whole page as a picture.
'use strict';
const { withBrowser, openPage } = require('./browser');

const [file, out, width, scheme] = process.argv.slice(2);
if (!(Number(width) >= 200) || !['light', 'dark'].includes(scheme)) {
  console.error('usage: node screenshot.js FILE.html OUT.png WIDTH light|dark');
  process.exit(2);
}

withBrowser(async (browser) => {
  const page = await openPage(browser, file, Number(width), scheme);
  await page.screenshot({ path: out, fullPage: true });
}).catch((error) => {
  console.error(`${file}: ${error.message}`);
  process.exit(1);
});
