import type { Page } from 'playwright-core';

/** Runs in the page. Colours are drawn to be known: the style may name them in any notation. */
const script = `(() => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((value, i) => value * (a / 255) + below[i] * (1 - a / 255));
  const background = (element) =>
    element === null ? [255, 255, 255] : over(rgba(getComputedStyle(element).backgroundColor), background(element.parentElement));
  const luminance = (color) => {
    const [r, g, b] = color.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  let looked = 0;
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join('').trim();
    if (text === '' || element.getClientRects().length === 0 || element.closest('.visually-hidden')) continue;
    looked += 1;
    const below = background(element);
    const [a, b] = [luminance(over(rgba(getComputedStyle(element).color), below)), luminance(below)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(contrast.toFixed(1) + ' ' + text.slice(0, 40));
  }
  return { looked, faint };
})()`;

/** Texts of the page with less contrast than WCAG's AA asks for. Throws when there is no text at all. */
export async function faintTexts(page: Page): Promise<readonly string[]> {
  const { looked, faint } = await page.evaluate<{ looked: number; faint: string[] }>(script);
  if (looked === 0) throw new Error('The page has no text');
  return faint;
}
