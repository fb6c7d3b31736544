# Run by cpack between installation and packaging: applies Debian policy to the files.
set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
set(documents "${root}/usr/share/doc/orderd")

file(REMOVE "${documents}/LICENSE")  # copyright has its text
configure_file("${CPACK_ORDERD_DEBIAN}/copyright" "${documents}/copyright" COPYONLY)
file(READ "${CPACK_ORDERD_DEBIAN}/changelog" changelog)
set(version "${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")
string(REGEX REPLACE "^orderd \\([^)]*\\)" "orderd (${version})" changelog "${changelog}")
file(WRITE "${documents}/changelog.Debian" "${changelog}")

file(GLOB pages "${root}/usr/share/man/man*/*.[1-9]")
execute_process(COMMAND gzip -9n "${documents}/changelog.Debian" ${pages} COMMAND_ERROR_IS_FATAL ANY)

# Files created here, and all directories, have permissions from the umask of the builder.
execute_process(COMMAND find "${root}" -type d -exec chmod 755 {} + COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND find "${root}" -type f ! -path "*/usr/bin/*" -exec chmod 644 {} + COMMAND_ERROR_IS_FATAL ANY)
