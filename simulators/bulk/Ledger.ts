/** What the API has done, by idempotency key: a key that comes again is answered as before, and nothing is done twice. */

export interface Ledger {
  /** Does a record's work unless it is done; gives what was answered the first time. */
  readonly once: (key: string, work: () => string) => string
  /** How many records were processed. */
  readonly processed: () => number
  /** How many calls came again for a record that was processed already. */
  readonly repeated: () => number
  readonly has: (key: string) => boolean
  readonly keys: () => IterableIterator<string>
}

export const make = (): Ledger => {
  const answers = new Map<string, string>()
  let repeated = 0
  return {
    once: (key, work) => {
      const before = answers.get(key)
      if (before !== undefined) {
        repeated++
        return before
      }
      const answer = work()
      answers.set(key, answer)
      return answer
    },
    processed: () => answers.size,
    repeated: () => repeated,
    has: (key) => answers.has(key),
    keys: () => answers.keys()
  }
}
