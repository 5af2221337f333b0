/** Single requests gathered into groups: who comes first leads the group, and settles it for all who came in time. */
import { Effect } from "effect"

export interface Options<A, B> {
  /** The most members of a group. */
  readonly size: number
  /** A group that is not full waits so long for more. */
  readonly lingerMillis: number
  /** Gives what became of each, in their order. */
  readonly settle: (members: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<B>>
}

/** What a member hears: what became of it, or that its leader was interrupted. */
type Heard<B> = { readonly outcome: B } | "leaderless"

interface Member<A, B> {
  readonly value: A
  hear: (heard: Heard<B>) => void
}

interface Group<A, B> {
  readonly members: Array<Member<A, B>>
  /** Ends the leader's wait. */
  fill: () => void
}

/** Groups of what many fibers ask for at a time. */
export const make = <A, B>({ lingerMillis, settle, size }: Options<A, B>) => {
  let open: Group<A, B> | undefined

  const follow = (group: Group<A, B>, value: A): Effect.Effect<Heard<B>> =>
    Effect.callback<Heard<B>>((resume) => {
      const member: Member<A, B> = { value, hear: (heard) => resume(Effect.succeed(heard)) }
      group.members.push(member)
      if (group.members.length >= size) {
        open = undefined
        group.fill()
      }
      // A group that is under way goes on with what it has.
      return Effect.sync(() => {
        if (open === group) group.members.splice(group.members.indexOf(member), 1)
      })
    })

  const waitFor = (group: Group<A, B>): Effect.Effect<void> =>
    Effect.callback<void>((resume) => {
      const timer = setTimeout(() => group.fill(), lingerMillis)
      group.fill = () => {
        clearTimeout(timer)
        resume(Effect.void)
      }
      return Effect.sync(() => clearTimeout(timer))
    })

  const close = (group: Group<A, B>) => {
    if (open === group) open = undefined
  }

  const lead = (value: A): Effect.Effect<B> => {
    const group: Group<A, B> = { members: [{ value, hear: () => {} }], fill: () => {} }
    open = group
    const tell = (heard: (i: number) => Heard<B>) => group.members.forEach(({ hear }, i) => hear(heard(i)))
    return Effect.gen(function*() {
      yield* waitFor(group)
      close(group)
      const outcomes = yield* settle(group.members.map((member) => member.value))
      tell((i) => ({ outcome: outcomes[i]! }))
      return outcomes[0]!
    }).pipe(Effect.onInterrupt(() =>
      Effect.sync(() => {
        close(group)
        tell(() => "leaderless")
      })
    ))
  }

  const ask = (value: A): Effect.Effect<B> =>
    Effect.suspend(() =>
      open === undefined || size === 1
        ? lead(value)
        : Effect.flatMap(follow(open, value), (heard) => heard === "leaderless" ? ask(value) : Effect.succeed(heard.outcome))
    )
  return ask
}
