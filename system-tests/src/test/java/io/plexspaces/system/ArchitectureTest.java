package io.plexspaces.system;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Arrows between the rooms point one way, and each big library lives in one room. */
class ArchitectureTest {
  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.plexspaces");

  @Test
  void arrowsPointOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("io.plexspaces..")
        .layer("host-api")
        .definedBy("io.plexspaces.api..")
        .layer("tuplespace")
        .definedBy("io.plexspaces.tuplespace..")
        .layer("store")
        .definedBy("io.plexspaces.store..")
        .layer("engine")
        .definedBy("io.plexspaces.engine..")
        .layer("guest-wasm")
        .definedBy("io.plexspaces.wasm..")
        .layer("guest-polyglot")
        .definedBy("io.plexspaces.polyglot..")
        .layer("guest-python")
        .definedBy("io.plexspaces.python..")
        .layer("deployer")
        .definedBy("io.plexspaces.deployer..")
        .layer("gateway")
        .definedBy("io.plexspaces.gateway..")
        .layer("cli")
        .definedBy("io.plexspaces.cli..")
        .whereLayer("host-api")
        .mayNotAccessAnyLayer()
        .whereLayer("tuplespace")
        .mayOnlyAccessLayers("host-api")
        .whereLayer("store")
        .mayOnlyAccessLayers("host-api")
        .whereLayer("engine")
        .mayOnlyAccessLayers("host-api")
        .whereLayer("guest-wasm")
        .mayOnlyAccessLayers("host-api")
        .whereLayer("guest-polyglot")
        .mayOnlyAccessLayers("host-api")
        .whereLayer("guest-python")
        .mayOnlyAccessLayers("host-api", "guest-wasm")
        .whereLayer("deployer")
        .mayOnlyAccessLayers("host-api", "engine", "guest-wasm")
        .whereLayer("gateway")
        .mayOnlyAccessLayers("host-api", "engine", "deployer")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .check(ALL);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.plexspaces.(**)").should().beFreeOfCycles().check(ALL);
  }

  @Test
  void eachBigLibraryLivesInOneRoom() {
    onlyIn("com.dylibso.chicory..", "io.plexspaces.wasm..");
    onlyIn("org.graalvm..", "io.plexspaces.polyglot..");
    onlyIn("com.oracle.truffle..", "io.plexspaces.polyglot..");
    onlyIn("java.sql..", "io.plexspaces.store..");
    onlyIn("org.sqlite..", "io.plexspaces.store..");
    onlyIn("io.vertx..", "io.plexspaces.gateway..");
    onlyIn("io.netty..", "io.plexspaces.gateway..");
    onlyIn("io.micrometer..", "io.plexspaces.gateway..");
    // The command line mints development tokens with the library that checks them.
    onlyIn("com.nimbusds..", "io.plexspaces.gateway..", "io.plexspaces.cli..");
    onlyIn("org.tomlj..", "io.plexspaces.deployer..");
    onlyIn("picocli..", "io.plexspaces.cli..");
    onlyIn("org.jctools..", "io.plexspaces.engine..");
    onlyIn("com.fasterxml..", "io.plexspaces.api..");
  }

  private static void onlyIn(String library, String... room) {
    noClasses()
        .that()
        .resideOutsideOfPackages(room)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .because(library + " lives in " + String.join(", ", room))
        .check(ALL);
  }
}
