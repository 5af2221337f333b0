/** A fair bound on how many hold a slot at a time: who came first goes first. Waiting costs nothing, also for thousands. */

/** A place in line, then a slot. */
export interface Ticket {
  state: "new" | "waiting" | "granted" | "gone"
  /** Is called when its turn has come, where that was not at once. */
  readonly grant: () => void
}

export const ticket = (grant: () => void): Ticket => ({ state: "new", grant })

export interface Slots {
  /** Takes a slot, or else a place in line; true: a slot. Has to be followed by `leave`. */
  readonly enter: (ticket: Ticket) => boolean
  /** Gives the slot, or the place in line, back; at once, and only once. */
  readonly leave: (ticket: Ticket) => void
}

/** `changed` hears how many are in use. */
export const make = (size: number, changed: (inUse: number) => void = () => {}): Slots => {
  const line = new Set<Ticket>()
  let used = 0
  let isGranting = false
  const grant = () => {
    // Who is granted a slot here may give it back at once: they are not to pile up on the stack.
    if (isGranting) return
    isGranting = true
    try {
      for (const next of line) {
        if (used === size) break
        used++
        line.delete(next)
        next.state = "granted"
        next.grant()
      }
    } finally {
      isGranting = false
    }
  }
  return {
    enter: (ticket) => {
      if (used === size || line.size > 0) {
        ticket.state = "waiting"
        line.add(ticket)
        return false
      }
      ticket.state = "granted"
      changed(++used)
      return true
    },
    leave: (ticket) => {
      const { state } = ticket
      ticket.state = "gone"
      if (state === "waiting") line.delete(ticket)
      if (state !== "granted") return
      const before = used--
      grant()
      if (used !== before) changed(used)
    }
  }
}
