/** Values that are nested so deeply that what calls itself for each level of them comes to the end of the stack. */
import { Cause } from "effect"
import { refuse } from "./FormatError.ts"

const isOverflow = (error: unknown): boolean => error instanceof RangeError && /call stack/i.test(error.message)

/** Whether this is what an error says; the parsers of a schema hide it in a cause. */
export const isTooDeep = (error: unknown): boolean =>
  isOverflow(error) || (error instanceof Error && Cause.isCause(error.cause) &&
    error.cause.reasons.some((reason) => Cause.isDieReason(reason) && isOverflow(reason.defect)))

/** `f`, which refuses such values. */
export const bounded = <A, B>(f: (value: A) => B) => (value: A): B => {
  try {
    return f(value)
  } catch (error) {
    if (isTooDeep(error)) refuse("it is nested too deeply for its schema to be looked through")
    throw error
  }
}
