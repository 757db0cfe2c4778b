/* global Java, print, arguments */
// Run by Nashorn: parses each file named as an argument as Athena's engine does, and prints what is wrong with it, if anything.
const SqlParser = Java.type('io.trino.sql.parser.SqlParser');
const Files = Java.type('java.nio.file.Files');
const Paths = Java.type('java.nio.file.Paths');
const JavaString = Java.type('java.lang.String');

const parser = new SqlParser();
for (const file of arguments) {
  try {
    parser.createStatement(new JavaString(Files.readAllBytes(Paths.get(file)), 'UTF-8'));
    print(`parsed\t${file}`);
  } catch (error) {
    print(`refused\t${file}\t${error.getMessage()}`);
  }
}
