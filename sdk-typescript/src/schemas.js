// What is known of the handlers' types: {class: {method: {doc, input, output}}}. `plexspaces build`
// puts what it reads from the source's types in the place of this file.
export default {};
