// Judges JSON instances against JSON Schemas with Ajv in its strict mode.
//
// Arguments: the schema files. Input: a line of JSON for each instance, [schema number, instance].
// Output: a line for each instance, true or false. A schema that does not compile ends it.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import Ajv2020 from "ajv/dist/2020.js";

const judges = process.argv.slice(2).map((file) => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: false, logger: false });
  return ajv.compile(JSON.parse(readFileSync(file, "utf8")));
});
for await (const line of createInterface({ input: process.stdin })) {
  const [number, instance] = JSON.parse(line);
  process.stdout.write(`${judges[number](instance)}\n`);
}
