// Reads what a program's types say of its actors' handlers, and writes it as JSON: {class: {method:
// {doc, input, output}}}, with JSON Schemas. Run by `plexspaces build`:
//   node schemas.cjs FOLDER MAIN PATH_OF_TYPESCRIPT
// It works on syntax alone, without a type checker, which would take longer than the whole build:
// names are looked up in the program's own files. What it cannot tell has no schema, and is taken
// as it comes.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const [root, main, compiler] = process.argv.slice(2);
const ts = require(compiler);
const K = ts.SyntaxKind;
const BYTES = { type: "object", properties: { $bytes: { type: "string", contentEncoding: "base64" } }, required: ["$bytes"] };
const YIELDS = /^(Async)?(Generator|Iterable|IterableIterator|Iterator|IteratorObject|AsyncIterableIterator)$/;
/** Deeper types have no schema. */
const DEEPEST = 24;

/** A file and what it declares. */
const files = new Map();

function load(file) {
  if (files.has(file)) {
    return files.get(file);
  }
  const text = fs.readFileSync(file, "utf8");
  const js = /\.[cm]?jsx?$/.test(file);
  const node = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, js ? ts.ScriptKind.JS : ts.ScriptKind.TS);
  const entry = { file, types: new Map(), imports: new Map(), stars: [], classes: [] };
  files.set(file, entry);
  const declare = (name, declaration) => entry.types.set(name, [...(entry.types.get(name) ?? []), declaration]);
  const classes = (n) => {
    if (ts.isClassLike(n)) {
      entry.classes.push(n);
    }
    ts.forEachChild(n, classes);
  };
  for (const statement of node.statements) {
    for (const doc of statement.jsDoc ?? []) {
      for (const tag of doc.tags ?? []) {
        if (tag.kind === K.JSDocTypedefTag && tag.name) {
          declare(tag.name.text, tag);
        }
      }
    }
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) || ts.isEnumDeclaration(statement)) {
      declare(statement.name.text, statement);
    } else if (ts.isImportDeclaration(statement)) {
      const from = statement.moduleSpecifier.text;
      const clause = statement.importClause;
      if (clause?.namedBindings && ts.isNamedImports(clause.namedBindings)) {
        for (const e of clause.namedBindings.elements) {
          entry.imports.set(e.name.text, { from, name: (e.propertyName ?? e.name).text });
        }
      }
      entry.stars.push({ from, types: false });
    } else if (ts.isExportDeclaration(statement) && statement.moduleSpecifier) {
      const from = statement.moduleSpecifier.text;
      if (statement.exportClause && ts.isNamedExports(statement.exportClause)) {
        for (const e of statement.exportClause.elements) {
          entry.imports.set(e.name.text, { from, name: (e.propertyName ?? e.name).text });
        }
      }
      entry.stars.push({ from, types: !statement.exportClause });
    }
  }
  classes(node);
  for (const { from } of entry.stars) {
    const target = locate(file, from);
    if (target !== null) {
      load(target);
    }
  }
  return entry;
}

/** The file that a relative import means, or null. */
function locate(from, specifier) {
  if (!/^\.\.?\//.test(specifier)) {
    return null;
  }
  const base = path.resolve(path.dirname(from), specifier);
  const bare = base.replace(/\.([cm]?)js$/, "");
  const candidates = [base, `${base}.ts`, `${base}.mts`, `${base}.js`, `${base}/index.ts`, `${base}/index.js`];
  if (bare !== base) {
    candidates.push(`${bare}.ts`, `${bare}.mts`);
  }
  return candidates.find((f) => /\.[cm]?[jt]s$/.test(f) && fs.existsSync(f) && fs.statSync(f).isFile()) ?? null;
}

/** The declarations of a name, where it was declared, or null. */
function lookUp(entry, name, seen = new Set()) {
  if (seen.has(entry.file + "\0" + name)) {
    return null;
  }
  seen.add(entry.file + "\0" + name);
  const own = entry.types.get(name);
  if (own !== undefined) {
    return { entry, declarations: own, name };
  }
  const imported = entry.imports.get(name);
  if (imported !== undefined) {
    if (imported.from.startsWith("@plexspaces/sdk")) {
      return { sdk: imported.name };
    }
    const file = locate(entry.file, imported.from);
    return file === null ? null : lookUp(load(file), imported.name, seen);
  }
  for (const { from, types } of entry.stars) {
    const file = types ? locate(entry.file, from) : null;
    const found = file === null ? null : lookUp(load(file), name, seen);
    if (found !== null) {
      return found;
    }
  }
  return null;
}

/** One schema in the making: `{}` stands for what is not known. */
class Schema {
  defs = {};
  open = new Map();
  used = new Set();

  of(node, scope) {
    const schema = this.convert(node, scope, 0);
    if (schema === null || Object.keys(schema).length === 0) {
      return undefined;
    }
    return Object.keys(this.defs).length > 0 ? { ...schema, $defs: this.defs } : schema;
  }

  /** null is undefined, void or never: not a value. */
  convert(node, scope, depth) {
    if (node === undefined || depth > DEEPEST) {
      return {};
    }
    const next = (n) => this.convert(n, scope, depth + 1);
    switch (node.kind) {
      case K.StringKeyword:
      case K.TemplateLiteralType:
        return { type: "string" };
      case K.NumberKeyword:
        return { type: "number" };
      case K.BigIntKeyword:
        return { type: "integer" };
      case K.BooleanKeyword:
        return { type: "boolean" };
      case K.ObjectKeyword:
        return { type: "object" };
      case K.UndefinedKeyword:
      case K.VoidKeyword:
      case K.NeverKeyword:
        return null;
      case K.LiteralType:
        return literal(node.literal);
      case K.ParenthesizedType:
      case K.JSDocTypeExpression:
      case K.JSDocNonNullableType:
      case K.OptionalType:
      case K.NamedTupleMember:
        return next(node.type);
      case K.JSDocOptionalType:
        return union([next(node.type), null]);
      case K.JSDocNullableType:
        return union([next(node.type), { type: "null" }]);
      case K.TypeOperator:
        return node.operator === K.ReadonlyKeyword ? next(node.type) : {};
      case K.ArrayType:
        return array(next(node.elementType));
      case K.TupleType:
        return this.tuple(node, next);
      case K.UnionType:
        return union(node.types.map(next));
      case K.IntersectionType:
        return node.types.map(next).reduce(merged);
      case K.TypeLiteral:
        return this.members(node.members, scope, depth);
      case K.JSDocTypeLiteral:
        return node.isArrayType ? array(this.tags(node, scope, depth)) : this.tags(node, scope, depth);
      case K.TypeReference:
        return this.reference(node, scope, depth);
      case K.ImportType:
        return this.imported(node, scope, depth);
      default:
        return {};
    }
  }

  tuple(node, next) {
    const items = [];
    let least = 0;
    let rest;
    for (const e of node.elements) {
      if (e.kind === K.RestType || e.dotDotDotToken) {
        rest = next(e.type);
      } else {
        items.push(next(e) ?? {});
        least += e.kind === K.OptionalType || e.questionToken ? 0 : 1;
      }
    }
    const schema = { type: "array", prefixItems: items, minItems: least };
    if (rest === undefined) {
      schema.maxItems = items.length;
    } else if (rest.type === "array" && rest.items) {
      schema.items = rest.items;
    }
    return schema;
  }

  members(members, scope, depth, schema = { type: "object", properties: {}, required: [] }) {
    for (const m of members) {
      if (ts.isIndexSignatureDeclaration(m)) {
        schema.additionalProperties = this.convert(m.type, scope, depth + 1) ?? {};
      } else if (ts.isPropertySignature(m) && nameOf(m.name) !== null) {
        const value = this.convert(m.type, scope, depth + 1);
        property(schema, nameOf(m.name), value, m.questionToken !== undefined || optional(m.type), m);
      }
    }
    return tidy(schema);
  }

  /** The properties of a JSDoc @typedef. */
  tags(node, scope, depth) {
    const schema = { type: "object", properties: {}, required: [] };
    for (const tag of node.jsDocPropertyTags ?? []) {
      if (tag.name.kind === K.Identifier) {
        const type = tag.typeExpression?.type;
        const value = this.convert(tag.typeExpression, scope, depth + 1);
        const free = tag.isBracketed || type?.kind === K.JSDocOptionalType || optional(type);
        property(schema, tag.name.text, value, free, null, text(tag.comment));
      }
    }
    return tidy(schema);
  }

  /** `import("./item.js").Item`, which is how JSDoc imports. */
  imported(node, scope, depth) {
    if (node.qualifier?.kind !== K.Identifier || node.argument.literal?.text === undefined) {
      return {};
    }
    const from = node.argument.literal.text;
    if (from.startsWith("@plexspaces/sdk")) {
      return ofSdk(node.qualifier.text);
    }
    const file = locate(scope.entry.file, from);
    const found = file === null ? null : lookUp(load(file), node.qualifier.text);
    return found === null || found.sdk !== undefined ? {} : this.named(found, node.typeArguments ?? [], scope, depth);
  }

  reference(node, scope, depth) {
    const args = node.typeArguments ?? [];
    const next = (i) => (args[i] === undefined ? {} : this.convert(args[i], scope, depth + 1));
    if (node.typeName.kind !== K.Identifier) {
      return {};
    }
    const name = node.typeName.text;
    if (scope.parameters?.has(name)) {
      const { node: given, scope: outer } = scope.parameters.get(name);
      return this.convert(given, outer, depth + 1);
    }
    const found = lookUp(scope.entry, name);
    if (found?.sdk !== undefined) {
      return ofSdk(found.sdk);
    }
    if (found !== null) {
      return this.named(found, args, scope, depth);
    }
    switch (name) {
      case "Array":
      case "ReadonlyArray":
        return array(next(0));
      case "Record":
        return record(next(0), next(1) ?? {});
      case "Object":
        return args.length === 2 ? record(next(0), next(1) ?? {}) : { type: "object" };
      case "Readonly":
      case "NonNullable":
      case "Promise":
      case "Awaited":
        return next(0);
      case "Partial":
        return without(next(0), () => true);
      case "Required":
        return requiring(next(0));
      case "Pick":
      case "Omit":
        return picked(next(0), next(1), name === "Pick");
      case "Uint8Array":
        return BYTES;
      case "String":
        return { type: "string" };
      case "Number":
        return { type: "number" };
      case "Boolean":
        return { type: "boolean" };
      default:
        return {};
    }
  }

  /** A type of the program. One that contains itself becomes a $ref. */
  named({ entry, declarations, name }, args, outer, depth) {
    const key = `${entry.file}\0${name}`;
    if (this.open.has(key)) {
      if (args.length > 0) {
        return {};
      }
      this.used.add(key);
      return { $ref: `#/$defs/${this.open.get(key)}` };
    }
    let label = name;
    for (let i = 2; [...this.open.values()].includes(label) || label in this.defs; i++) {
      label = name + i;
    }
    this.open.set(key, label);
    let schema = this.declared(entry, declarations, args, outer, depth);
    this.open.delete(key);
    if (this.used.delete(key)) {
      this.defs[label] = schema;
      schema = { $ref: `#/$defs/${label}` };
    }
    return schema;
  }

  declared(entry, declarations, args, outer, depth) {
    const [first] = declarations;
    if (ts.isEnumDeclaration(first)) {
      return enumeration(declarations);
    }
    if (first.kind === K.JSDocTypedefTag) {
      return this.convert(first.typeExpression, { entry }, depth + 1);
    }
    const parameters = new Map();
    (first.typeParameters ?? []).forEach((p, i) => {
      const node = args[i] ?? p.default;
      parameters.set(p.name.text, { node, scope: args[i] === undefined ? { entry } : outer });
    });
    const scope = { entry, parameters };
    if (ts.isTypeAliasDeclaration(first)) {
      return tagged(this.convert(first.type, scope, depth + 1), first);
    }
    const schema = { type: "object", properties: {}, required: [] };
    for (const d of declarations) {
      for (const base of (d.heritageClauses ?? []).flatMap((c) => c.types)) {
        const reference = ts.factory.createTypeReferenceNode(base.expression, base.typeArguments);
        const above = base.expression.kind === K.Identifier ? this.reference(reference, scope, depth + 1) : {};
        Object.assign(schema.properties, above.properties);
        schema.required.push(...(above.required ?? []).filter((n) => !schema.required.includes(n)));
      }
      this.members(d.members ?? [], scope, depth, schema);
      schema.properties ??= {};
      schema.required ??= [];
    }
    return tidy(schema);
  }
}

function nameOf(name) {
  return name.kind === K.Identifier || ts.isStringLiteral(name) || ts.isNumericLiteral(name) ? name.text : null;
}

function literal(node) {
  switch (node.kind) {
    case K.StringLiteral:
    case K.NoSubstitutionTemplateLiteral:
      return { const: node.text };
    case K.NumericLiteral:
      return { const: Number(node.text) };
    case K.PrefixUnaryExpression:
      return node.operator === K.MinusToken ? { const: -Number(node.operand.text) } : {};
    case K.TrueKeyword:
      return { const: true };
    case K.FalseKeyword:
      return { const: false };
    case K.NullKeyword:
      return { type: "null" };
    default:
      return {};
  }
}

function array(items) {
  return items === null || Object.keys(items).length === 0 ? { type: "array" } : { type: "array", items };
}

function union(all) {
  const parts = all.filter((s) => s !== null);
  if (parts.length === 0) {
    return null;
  }
  if (parts.some((s) => Object.keys(s).length === 0)) {
    return {};
  }
  const constants = parts.filter((s) => "const" in s).map((s) => s.const);
  const enums = parts.filter((s) => "enum" in s).flatMap((s) => s.enum);
  const rest = parts.filter((s) => !("const" in s) && !("enum" in s));
  const values = [...constants, ...enums];
  if (values.length === 2 && values.includes(true) && values.includes(false)) {
    rest.unshift({ type: "boolean" });
  } else if (values.length > 1) {
    rest.unshift(choice(values));
  } else if (values.length === 1) {
    rest.unshift({ const: values[0] });
  }
  const flat = rest.flatMap((s) => (Object.keys(s).length === 1 && s.anyOf ? s.anyOf : [s]));
  return flat.length === 1 ? flat[0] : { anyOf: flat };
}

function merged(a, b) {
  if (a?.type !== "object" || b?.type !== "object") {
    return {};
  }
  return tidy({
    ...a,
    ...b,
    properties: { ...a.properties, ...b.properties },
    required: [...new Set([...(a.required ?? []), ...(b.required ?? [])])],
  });
}

function record(key, value) {
  const names = "const" in (key ?? {}) ? [key.const] : key?.enum;
  if (names === undefined) {
    return { type: "object", additionalProperties: value };
  }
  return tidy({
    type: "object",
    properties: Object.fromEntries(names.map((n) => [n, value])),
    required: names.map(String),
  });
}

function without(schema, free) {
  return schema?.required ? tidy({ ...schema, required: schema.required.filter((n) => !free(n)) }) : schema;
}

function requiring(schema) {
  return schema?.properties ? { ...schema, required: Object.keys(schema.properties) } : schema;
}

function picked(schema, keys, keep) {
  const names = new Set("const" in (keys ?? {}) ? [keys.const] : keys?.enum ?? []);
  if (!schema?.properties || names.size === 0) {
    return {};
  }
  const stays = (n) => names.has(n) === keep;
  return tidy({
    ...schema,
    properties: Object.fromEntries(Object.entries(schema.properties).filter(([n]) => stays(n))),
    required: (schema.required ?? []).filter(stays),
  });
}

function enumeration(declarations) {
  const values = [];
  for (const member of declarations.flatMap((d) => d.members)) {
    const value = member.initializer === undefined ? { const: (values.at(-1) ?? -1) + 1 } : literal(member.initializer);
    if (!("const" in value) || typeof value.const === "boolean") {
      return {};
    }
    values.push(value.const);
  }
  return choice(values);
}

function choice(values) {
  return values.every((v) => typeof v === "string") ? { type: "string", enum: values } : { enum: values };
}

/** Whether undefined is among the types. */
function optional(type) {
  return type?.kind === K.UnionType && type.types.some((t) => t.kind === K.UndefinedKeyword);
}

function property(schema, name, value, free, node, description = node === null ? "" : docOf(node)) {
  if (value === null) {
    return;
  }
  const known = node === null ? value : tagged(value, node);
  schema.properties[name] = description === "" || known.$ref ? known : { ...known, description };
  schema.required = schema.required.filter((n) => n !== name);
  if (!free) {
    schema.required.push(name);
  }
}

function tidy(schema) {
  if (schema.properties && Object.keys(schema.properties).length === 0) {
    delete schema.properties;
  }
  if (schema.required && schema.required.length === 0) {
    delete schema.required;
  }
  return schema;
}

/** A whole number that is a `number` at run time; beyond, integers are `bigint`. */
const INTEGER = { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };

/** The types of the SDK that say something. */
function ofSdk(name) {
  return name === "Integer" ? INTEGER : name === "BigInteger" ? { type: "integer" } : {};
}

/** What tags such as @integer and @minimum add. */
function tagged(schema, node) {
  let out = schema;
  for (const tag of ts.getJSDocTags(node)) {
    const name = tag.tagName.text;
    if (name === "integer" && out?.type === "number") {
      out = { ...out, ...INTEGER };
    } else if (/^(minimum|maximum|minLength|maxLength|minItems|maxItems)$/.test(name)) {
      const n = Number(text(tag.comment));
      out = Number.isFinite(n) ? { ...out, [name]: n } : out;
    } else if (name === "format") {
      out = { ...out, format: text(tag.comment) };
    }
  }
  return out;
}

function text(comment) {
  return (ts.getTextOfJSDocComment(comment) ?? "").replace(/\s+/g, " ").trim();
}

function docOf(node) {
  const doc = (node.jsDoc ?? []).at(-1);
  return doc === undefined ? "" : text(doc.comment);
}

/** Members with a default in `{ by = 1 }` need not be given. */
function defaults(schema, pattern) {
  if (schema?.properties === undefined || !ts.isObjectBindingPattern(pattern)) {
    return schema;
  }
  let out = schema;
  for (const e of pattern.elements) {
    const name = nameOf(e.propertyName ?? e.name);
    if (e.initializer !== undefined && name !== null && out.properties[name] !== undefined) {
      const value = literal(e.initializer);
      const member = "const" in value ? { ...out.properties[name], default: value.const } : out.properties[name];
      out = { ...out, properties: { ...out.properties, [name]: member } };
      out = without(out, (n) => n === name);
    }
  }
  return out;
}

function returned(method) {
  let type = method.type ?? ts.getJSDocReturnType(method);
  while (type?.kind === K.TypeReference && type.typeName.kind === K.Identifier) {
    const name = type.typeName.text;
    if (name !== "Promise" && !YIELDS.test(name)) {
      break;
    }
    type = type.typeArguments?.[0];
  }
  return type;
}

function isHandler(method) {
  const name = method.name.kind === K.Identifier ? method.name.text : "";
  if (/^on[A-Z_]/.test(name)) {
    return name !== "onInit" && name !== "onTerminate";
  }
  return (ts.getDecorators?.(method) ?? []).some(
    (d) => ts.isCallExpression(d.expression) && d.expression.expression.getText() === "handler",
  );
}

function described(entry, method) {
  const out = {};
  const doc = docOf(method);
  if (doc !== "") {
    out.doc = doc;
  }
  const [parameter] = method.parameters;
  const given = parameter && (parameter.type ?? ts.getJSDocType(parameter));
  if (given) {
    let input = defaults(new Schema().of(given, { entry }), parameter.name);
    if (input?.additionalProperties === false) {
      delete input.additionalProperties;
    }
    if (input !== undefined) {
      out.input = input;
    }
  }
  const type = returned(method);
  const output = type && new Schema().of(type, { entry });
  if (output !== undefined) {
    out.output = output;
  }
  return out;
}

load(path.resolve(root, main));
const result = {};
const twice = new Set();
for (const entry of files.values()) {
  for (const type of entry.classes) {
    if (type.name === undefined) {
      continue;
    }
    const methods = {};
    for (const m of type.members) {
      if (ts.isMethodDeclaration(m) && isHandler(m)) {
        const found = described(entry, m);
        if (Object.keys(found).length > 0) {
          methods[m.name.getText()] = found;
        }
      }
    }
    if (Object.keys(methods).length > 0) {
      if (Object.hasOwn(result, type.name.text)) {
        twice.add(type.name.text);
      }
      result[type.name.text] = methods;
    }
  }
}
for (const name of twice) {
  delete result[name];
}
process.stdout.write(JSON.stringify(result));
