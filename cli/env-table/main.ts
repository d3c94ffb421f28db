// `npm run env:table`: writes what env.ts says of each variable into README.md and .env.example.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { listVariables } from "../../env";
import { renderExample, renderTable, replaceTable } from "./table";

const root = path.resolve(import.meta.dirname, "../..");
const readme = path.join(root, "README.md");
const variables = listVariables();
writeFileSync(readme, replaceTable(readFileSync(readme, "utf8"), renderTable(variables)));
writeFileSync(path.join(root, ".env.example"), renderExample(variables));
console.log(`${variables.length} variables are in README.md and .env.example.`);
