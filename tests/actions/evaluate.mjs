// Evaluates expressions of workflows with GitHub's own library.
//
// Input: a question a line, {expression, contexts, failed, cancelled}. Output: an answer a line,
// {value, text}, where the text is what stands in a string for it; or {error}.
import { createInterface } from "node:readline";
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";

function answer({ expression, contexts, failed, cancelled }) {
  const said = (name, value) => ({ name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value) });
  const functions = [
    said("success", !failed && !cancelled),
    said("failure", failed && !cancelled),
    said("always", true),
    said("cancelled", cancelled),
  ];
  const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), functions).parse();
  const known = JSON.parse(JSON.stringify(contexts), data.reviver);
  const value = new Evaluator(tree, known, new Map(functions.map((each) => [each.name, each]))).evaluate();
  return { value: JSON.parse(JSON.stringify(value, data.replacer)), text: value.coerceString() };
}

for await (const line of createInterface({ input: process.stdin })) {
  let said;
  try {
    said = answer(JSON.parse(line));
  } catch (error) {
    said = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
