// Judges exchanges by GitHub's own description of its API, with openapi-backend and Ajv.
//
// Arguments: the description's name ("api.github.com", "ghes-3.19"), and "to-the-letter" where it is
// to be taken as it stands. Input: an exchange a line. Output: its faults, a JSON list a line.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import addFormats from "ajv-formats";
import { OpenAPIBackend } from "openapi-backend";

const [name, manner] = process.argv.slice(2);
const file = new URL(`node_modules/@octokit/openapi/generated/${name}.json`, import.meta.url);
const definition = JSON.parse(readFileSync(file, "utf8"));
delete definition["x-webhooks"];
// All of it takes a minute to compile. What is asked for elsewhere is found out all the same.
definition.paths = Object.fromEntries(
  Object.entries(definition.paths).filter(([path]) =>
    /^\/repos\/\{owner\}\/\{repo\}\/(commits\/\{commit_sha\}\/pulls|pulls\/\{pull_number\}|issues\/\{issue_number\}\/(events|comments)$|issues\/comments|commits\/\{ref\}\/status|statuses\/)|^\/user$|^\/orgs\/\{org\}\/teams\/\{team_slug\}/.test(path),
  ),
);
const schemas = definition.components.schemas;
const orNull = (schema) => ({ anyOf: [schema, { enum: [null] }] });

// Ajv knows `nullable` beside a type alone: what it is meant to say elsewhere is written out.
(function meant(node) {
  for (const [key, value] of Object.entries(node ?? {})) {
    if (typeof value !== "object" || value === null || key === "examples") continue;
    if (value.nullable === true && value.type === undefined && (value.oneOf ?? value.anyOf ?? value.allOf ?? value.$ref)) {
      const { nullable, ...rest } = value;
      node[key] = orNull(rest);
    }
    meant(node[key]);
  }
})(schemas);

// Where the description is narrower than GitHub is.
if (manner !== "to-the-letter") {
  // The head of a pull request: a fork may be gone, as the description said until lately.
  for (const each of ["pull-request", "pull-request-simple"]) {
    const head = schemas[each].properties.head.properties;
    head.repo = orNull(head.repo);
  }
  // Errors that any route may answer are described once, in prose.
  const error = { $ref: "#/components/schemas/basic-error" };
  const general = { description: "Error", content: { "application/json": { schema: error } } };
  for (const { get, post, patch } of Object.values(definition.paths)) {
    for (const operation of [get, post, patch]) {
      if (operation) for (const status of [301, 401, 403, 404, 422, 429]) operation.responses[status] ??= general;
    }
  }
}

const api = new OpenAPIBackend({
  definition,
  quick: true,
  ajvOpts: { strict: false, allErrors: false },
  customizeAjv: (ajv) => (addFormats(ajv), ajv),
});
await api.init();

const said = (where, { errors }) =>
  (errors ?? []).map((each) => `${where}${each.instancePath} ${each.message}`);

function faults({ method, path, query, headers, body, status, tree }) {
  const request = { method, path, query, headers, ...(body === null ? {} : { body }) };
  const operation = api.matchOperation(request);
  if (operation === undefined) return [`request: no route ${method} ${path}`];
  const found = said("request", api.validateRequest(request, operation));
  if (status === 304) return tree === null ? found : [...found, "answer: 304 with a content"];
  if (operation.responses[status] === undefined) return [...found, `answer: no status ${status}`];
  if (operation.responses[status].content === undefined) return found; // described by words alone
  return [...found, ...said("answer", api.validateResponse(tree, operation, status))];
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(faults(JSON.parse(line)))}\n`);
}
