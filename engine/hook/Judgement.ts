/**
 * What of what happened is told: a function of how the hook's past stands, so that all processes judge alike. The same
 * failure is told once in a while, and a success only as the end of a failure, or where it is asked for.
 */
import { bad, good, subjectOf } from "../record/HookEvent.ts"
import type { Judged, Occurrence, Past } from "../record/HookStore.ts"
import * as Message from "./Message.ts"

/** An occurrence of the kind "recovered" is one only after something bad of the same selection; else it is dropped. */
export const judge = (onceMillis: number) => (past: Past, occurrences: ReadonlyArray<Occurrence>): ReadonlyArray<Judged> => {
  const told = new Map(past.told)
  const last = new Map(past.last)
  const judged: Array<Judged> = []
  for (const occurrence of occurrences) {
    const { event, fingerprint, happening } = occurrence
    const subject = subjectOf(event)
    const before = last.get(subject)
    // What was seen again may be older than what is recorded.
    if (event.kind === "recovered" && (before === undefined || before.happening >= happening || !bad.has(before.kind))) continue
    if (before === undefined || before.happening < happening) last.set(subject, { happening, kind: event.kind })
    const same = fingerprint === null ? undefined : told.get(fingerprint)
    if (fingerprint !== null && same !== undefined && past.now - same.at < onceMillis) {
      told.set(fingerprint, { ...same, repeats: same.repeats + 1 })
      // A loop that fails all night leaves thousands of these, which nobody is told: the title is enough.
      judged.push({ occurrence: { ...occurrence, event: { ...event, text: "", failures: [], checks: [] } }, state: "same" })
      continue
    }
    if (fingerprint !== null) told.set(fingerprint, { at: past.now, repeats: 0, subject })
    if (good.has(event.kind)) for (const [known, of] of told) if (of.subject === subject) told.delete(known)
    const repeated = { ...event, repeats: same?.repeats ?? 0 }
    judged.push({ occurrence: { ...occurrence, event: { ...repeated, text: Message.text(repeated) } }, state: "waiting" })
  }
  return judged
}
