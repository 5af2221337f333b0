/** The nearest known words to a word that is not known: what "did you mean" shows. */

/** Optimal string alignment distance (Damerau-Levenshtein where a pair is swapped once), O(a × b), three rows. */
const distance = (a: string, b: string): number => {
  let beforeLast: Array<number> = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, beforeLast[j - 2]! + 1)
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}

/**
 * The candidates nearest to `word`, nearest first, at most `limit` (default 3); upper and lower case do not count.
 * A candidate is near with one edit per three letters (at least one), or when `word` (three letters or more) begins it
 * or begins its last part (`stats` finds `nhl/stats`).
 */
export const closest = (word: string, candidates: Iterable<string>, limit = 3): ReadonlyArray<string> => {
  const wanted = word.trim().toLowerCase()
  if (wanted === "") return []
  const found: Array<{ readonly candidate: string; readonly score: number }> = []
  for (const candidate of new Set(candidates)) {
    const known = candidate.toLowerCase()
    const lastPart = known.slice(known.lastIndexOf("/") + 1)
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, Math.min(known.length, wanted.length + 1)) / 3))
    const begins = wanted.length >= 3 && (known.startsWith(wanted) || lastPart.startsWith(wanted))
    const far = Math.abs(known.length - wanted.length) > allowed
    const edits = far ? Number.POSITIVE_INFINITY : distance(wanted, known)
    if (edits <= allowed) found.push({ candidate, score: edits })
    else if (begins) found.push({ candidate, score: allowed + (lastPart === wanted ? 0 : 0.5) })
  }
  return found.sort((a, b) => a.score - b.score).slice(0, limit).map((entry) => entry.candidate)
}

/** ` Did you mean "x" or "y"?` with a leading space, or `""` when nothing is near. */
export const didYouMean = (word: string, candidates: Iterable<string>): string => {
  const near = closest(word, candidates)
  return near.length === 0 ? "" : ` Did you mean ${orList(near)}?`
}

/** What to write where a cell, as failures name it, stands in the place of its asset; `""` where none does. */
export const partitionApart = (word: string, assets: ReadonlySet<string>): string => {
  const at = word.indexOf("@")
  const asset = word.slice(0, Math.max(0, at))
  return assets.has(asset) ? ` Write ${asset} alone; its partition is an option, --partition, where the command takes one.` : ""
}

const orList = (words: ReadonlyArray<string>): string => {
  const quoted = words.map((word) => JSON.stringify(word))
  return quoted.length === 1 ? quoted[0]! : `${quoted.slice(0, -1).join(", ")} or ${quoted[quoted.length - 1]}`
}
