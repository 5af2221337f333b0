/** What the compiler must refuse of a deployment's own commands. Checked by tsc; each refusal is an expected error. */
import { Context, Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { SqlClient } from "effect/sql"
import { Cli, Deployment, Documents, Hook, LimitStore, RunStore, Warehouse } from "../../index.ts"

class Shop extends Context.Service<Shop, { readonly orders: Effect.Effect<number> }>()("test/Shop") {
  static readonly layer = Layer.succeed(Shop, { orders: Effect.succeed(1) })
  /** A shop that keeps its limits in the database. */
  static readonly layerLimited = Layer.effect(Shop, Effect.as(SqlClient.SqlClient, { orders: Effect.succeed(1) }))
}
class Depot extends Context.Service<Depot, { readonly stock: Effect.Effect<number> }>()("test/Depot") {}

const io = Layer.mergeAll(Warehouse.layer, Documents.layer)
const base = { pipelines: [], io, resources: Shop.layer }

const shop = Effect.flatMap(Shop, ({ orders }) => orders)
const depot = Effect.flatMap(Depot, ({ stock }) => stock)
const stored = Effect.all([Warehouse, Documents, SqlClient.SqlClient, RunStore.RunStore])

// What is there may be used, by commands and their subcommands.
const plain = Command.make("plain", {}, () => Effect.void)
const list = Command.make("list", {}, () => Cli.withResources(shop))
const look = Command.make("look", {}, () => Cli.withStored(stored))
const all = Command.make("all", {}, () => Cli.withEverything(Effect.all([shop, stored, Cli.materialize({ selection: "*" })])))
const each = Command.make("each", {}, () => Effect.flatMap(Cli.withResources(shop), () => Cli.sluice(["list"])))
const tree = Command.make("tree").pipe(Command.withSubcommands([list, look, { group: "More", commands: [all, each] }]))
export const deployment = Deployment.make({ ...base, commands: [plain, list, look, all, tree] })
export const withoutCommands: Deployment.Deployment<Warehouse | Documents, Shop> = Deployment.make(base)

// @ts-expect-error nothing gives Depot
export const lacksResource = Deployment.make({ ...base, commands: [Command.make("x", {}, () => Cli.withResources(depot))] })
// @ts-expect-error nothing gives Depot, whatever is built
export const lacksAnywhere = Deployment.make({ ...base, commands: [Command.make("x", {}, () => Cli.withEverything(depot))] })
const below = Command.make("x").pipe(Command.withSubcommands([list, Command.make("y", {}, () => Cli.withStored(depot))]))
// @ts-expect-error nor to a subcommand
export const lacksBelow = Deployment.make({ ...base, commands: [below] })
// @ts-expect-error the part that is built is named
export const unnamed = Deployment.make({ ...base, commands: [Command.make("x", {}, () => shop)] })
// @ts-expect-error resources are built without the database
export const databaseOfResources = Deployment.make({ ...base, commands: [Command.make("x", {}, () => Cli.withResources(stored))] })
// @ts-expect-error what is stored is looked at without the resources
export const shopOfStored = Deployment.make({ ...base, commands: [Command.make("x", {}, () => Cli.withStored(shop))] })
const run = Cli.materialize({ selection: "*" })
const fill = Cli.backfill({ selection: "*" })
const planned = Cli.planBackfill({ selection: "*" })
export const backfills = Deployment.make({
  ...base,
  commands: [Command.make("x", {}, () => Effect.andThen(Cli.withStored(planned), Cli.withEverything(fill)))]
})
// @ts-expect-error backfills need everything
export const fillOfStored = Deployment.make({ ...base, commands: [Command.make("x", {}, () => Cli.withStored(fill))] })
// @ts-expect-error the database alone has no run store
export const planOfDatabase = Deployment.make({ ...base, commands: [Command.make("x", {}, () => Cli.withDatabase(planned))] })
// @ts-expect-error runs need everything
export const runOfStored = Deployment.make({ ...base, commands: [Command.make("x", {}, () => Cli.withStored(run))] })

// Resources that need the database are part of everything, and cannot be built alone.
const limited = { ...base, resources: Shop.layerLimited }
export const limitedShop = Deployment.make({ ...limited, commands: [Command.make("x", {}, () => Cli.withEverything(shop))] })
// @ts-expect-error this shop needs the database
export const limitedShopAlone = Deployment.make({ ...limited, commands: [Command.make("x", {}, () => Cli.withResources(shop))] })

// A hook tells with what the layers give.
const telling = <R>(effect: Effect.Effect<number, never, R>) =>
  Hook.make("x", { tell: { kind: "x", to: "x", spacingMillis: 0, send: () => Effect.asVoid(effect) } })
export const tellsShop = Deployment.make({ ...base, hooks: [telling(shop), Hook.make("y", { tell: Hook.webhook("http://localhost") })] })
// @ts-expect-error nothing gives Depot
export const tellsDepot = Deployment.make({ ...base, hooks: [telling(depot)] })
// @ts-expect-error a URL of Slack is a secret
export const plainUrl = Hook.slack("https://hooks.example/T0")

// Limits are shared through the database where there is one; a command of the resources alone does without.
const paced = { ...base, resources: Layer.effect(Shop, Effect.as(LimitStore, { orders: Effect.succeed(1) })) }
export const pacedShopAlone = Deployment.make({ ...paced, commands: [Command.make("x", {}, () => Cli.withResources(shop))] })
