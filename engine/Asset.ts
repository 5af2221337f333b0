/** Assets: defined, computed from given inputs, loaded, materialized. */
export {
  type Any,
  type Asset,
  type Description,
  isAsset,
  make,
  makeMany,
  type Options,
  type Services
} from "./definition/Asset.ts"
export { compute, load, loadAll, materialize, MaterializeFailed } from "./run/Materialize.ts"
