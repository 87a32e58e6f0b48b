interface Written {
  readonly retries?: number | undefined
  readonly failures?: number | undefined
  readonly of?: number | undefined
}

/** What is wrong with retries of what counts N bad ones of M looks: every one of those counts, so that there is nothing to do again. */
export function contradiction({
  retries = 0,
  failures = 1,
  of = failures,
}: Written): { message: string; hint: string } | undefined {
  if (retries === 0 || of <= 1) return undefined
  return {
    message: `retries: ${retries} beside failures: ${failures} of ${of} looks, of which every one counts`,
    hint: 'leave one of them out',
  }
}
