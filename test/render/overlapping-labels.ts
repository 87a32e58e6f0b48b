/** Runs in the page: pairs of texts that are drawn over one another. What is cut off by an element around it takes no room. */
export const overlappingLabels = `(() => {
  const boxes = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const node = walker.currentNode
    const element = node.parentElement
    const text = node.textContent.trim()
    if (!text || !element.checkVisibility() || element.closest('script,style') || parseFloat(getComputedStyle(element).fontSize) === 0) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    for (const rect of range.getClientRects()) {
      const box = { node, text, left: rect.left, right: rect.right, top: rect.top, bottom: rect.bottom }
      for (let at = element; at; at = at.parentElement) {
        if (getComputedStyle(at).overflowX === 'visible') continue
        const edge = at.getBoundingClientRect()
        box.left = Math.max(box.left, edge.left)
        box.right = Math.min(box.right, edge.right)
      }
      if (box.right - box.left > 1) boxes.push(box)
    }
  }
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3
  return boxes.flatMap((a, at) => boxes.slice(at + 1).filter(b => a.node !== b.node && over(a, b)).map(b => a.text.slice(0, 40) + ' | ' + b.text.slice(0, 40)))
})()`
