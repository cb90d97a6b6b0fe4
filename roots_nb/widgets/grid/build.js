// Bundles the front end into the folder that is named on the command line; nothing is fetched when it runs.

import { copyFile } from "node:fs/promises";
import { join } from "node:path";

import { build } from "esbuild";

const folder = process.argv[2];
const options = { bundle: true, minify: true, charset: "utf8", legalComments: "none", logLevel: "warning" };

await build({ ...options, entryPoints: ["src/index.js"], format: "esm", target: "es2022", outfile: join(folder, "grid.js") });
await build({ ...options, entryPoints: ["src/grid.css"], outfile: join(folder, "grid.css") });
await copyFile("node_modules/tabulator-tables/LICENSE", join(folder, "TABULATOR-LICENSE"));
