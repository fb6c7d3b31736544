# What cpack builds: a .deb of what cmake --install installs, for the Debian release of this machine. Run it with
# tools/package; config/debian has what only the package needs.
cmake_host_system_information(RESULT debian QUERY DISTRIB_VERSION_ID)
set(revision 1)
if(debian)
  # Dependencies differ between releases, and an upgrade of the release must bring a newer package.
  string(APPEND revision "+deb${debian}")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME orderd)
set(CPACK_PACKAGE_CONTACT "orderd maintainers <maintainers@orderd.invalid>")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/package")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/tools/cmake/debian_policy.cmake")
set(CPACK_ORDERD_DEBIAN "${PROJECT_SOURCE_DIR}/config/debian")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "${revision}")
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Only suggested: the server is often on another machine, and installing its package starts it.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "valkey-server, valkey-tools")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "order processor on Valkey that sells exactly what is there")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "\
orderd reads purchase requests from a stream of a Valkey or Redis server,
decides each one against the stock, and writes one result for each into
another stream. All of it is one atomic step, so nothing is sold twice,
nothing is lost, and requests are decided in their order, whatever is killed
in between.

orderctl changes stock, submits orders, shows results and audits the ledger.
order-replay generates, captures and replays load.")
file(WRITE "${PROJECT_BINARY_DIR}/generated/conffiles" "/etc/orderd/orderd.toml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_BINARY_DIR}/generated/conffiles" "${CPACK_ORDERD_DEBIAN}/postinst"
  "${CPACK_ORDERD_DEBIAN}/prerm" "${CPACK_ORDERD_DEBIAN}/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
