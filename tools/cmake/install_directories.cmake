# Run by cmake --install before everything else: creates directories that everybody may read, whatever the umask. The
# service has its own user, and reads its settings. Directories that exist stay as they are.
# Variables: SOURCE (the checkout), BINARY (the build), PREFIX, DOCUMENTS (absolute). DESTDIR is honored.
if(PREFIX STREQUAL "/usr")
  set(etc "/etc")
else()
  set(etc "${PREFIX}/etc")
endif()
set(root "$ENV{DESTDIR}")

function(make_directory path)
  if(EXISTS "${path}")
    return()
  endif()
  cmake_path(GET path PARENT_PATH parent)
  make_directory("${parent}")
  file(MAKE_DIRECTORY "${path}")
  file(CHMOD "${path}" DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endfunction()
foreach(directory "${etc}/orderd" "${PREFIX}/bin" "${PREFIX}/lib/systemd/system" "${DOCUMENTS}/config")
  make_directory("${root}${directory}")
endforeach()
