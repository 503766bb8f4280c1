// A reviewer's way: a preview's link, the button, and what an older link says.
'use strict';
const { readerOf } = require('./houses');

const link = /https?:\/\/\S+\/approve\/[\w-]+/;

/** The link of the next preview of that issue to this reviewer. */
async function nextLink(walk, paper, slug) {
  const preview = await paper.mail(readerOf(walk.language), new RegExp(`issue ${slug}, [^]*?${link.source}`));
  return link.exec(preview.found)[0];
}

async function review(walk, paper) {
  const slug = `issue-${walk.language}`;
  paper.announce(slug, 'Hello.');
  const approve = await nextLink(walk, paper, slug);
  await walk.open(approve, 'approve');
  walk.is('the approval', paper.issue(slug).approval, 'waiting');
  await walk.press('form button', 'approved');
  walk.is('who approved it', paper.issue(slug).approved_by, readerOf(walk.language));
  paper.announce(slug, 'Good morning.');
  await nextLink(walk, paper, slug);
  await walk.open(approve, 'approve_over');
  walk.is('the approval', paper.issue(slug).approval, 'void');
}

module.exports = { review };
