// Judges JSON instances by a JSON Schema, with Ajv in its strict mode.
//
// Argument: the schema's file. Input: an instance a line. Output: true or false, a line each.
// A schema that strict mode refuses ends it with an error.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import Ajv2020 from "ajv/dist/2020.js";

const schema = JSON.parse(readFileSync(process.argv[2], "utf8"));
const accepts = new Ajv2020({ strict: true }).compile(schema);
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${accepts(JSON.parse(line))}\n`);
}
