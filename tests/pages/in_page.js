// What runs inside the page that is looked at.
'use strict';

/** The controls that Tab stops at, where the focus is among them, whether it shows. */
function focused() {
  const controls = [...document.querySelectorAll('a[href], button, input, select, textarea')]
    .filter((e) => e.checkVisibility() && (e.type !== 'radio' || e.checked));
  const element = document.activeElement;
  const shown = getComputedStyle(element).outlineStyle !== 'none';
  return { count: controls.length, at: controls.indexOf(element), shown };
}

/** What is not as it should be where a form is told to be faulty. */
function toldBadly(selector) {
  const told = [];
  const texts = (e) => (e.getAttribute('aria-describedby') ?? '').split(' ')
    .map((id) => document.getElementById(id)).filter((d) => d?.matches('p.problem'));
  const element = document.querySelector(selector);
  if (!document.querySelector('[role=alert]')) told.push('nothing tells that there is a fault');
  if (texts(element).length !== 1) told.push(`${selector} is not described by its fault`);
  if (getComputedStyle(element).outlineStyle === 'none') told.push(`${selector} does not show its focus`);
  if (element.matches('input') && element.ariaInvalid !== 'true') told.push(`${selector} is not marked`);
  return told;
}

module.exports = { focused, toldBadly };
