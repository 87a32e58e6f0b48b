/** Runs in the page: texts whose contrast with their background is below 4.5 (WCAG 2.2, 1.4.3). */
export const poorContrast = `(() => {
  const parse = color => color.match(/[\\d.]+/g).map(Number)
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const background = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor)
      if (color[3] !== 0) return color
    }
    return [255, 255, 255]
  }
  const poor = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility() || element.closest('script,style')) continue
    const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(background(element))]
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (ratio < 4.5) poor.push(ratio.toFixed(2) + ' ' + element.tagName + '.' + element.className + ' ' + walker.currentNode.textContent.trim().slice(0, 30))
  }
  return [...new Set(poor)]
})()`
