# What CMake reads at the end of ggml-cuda's CMakeLists.txt after `installers/gpu_cut.py` has cut its
# files, with what that has written.
set(made "${CMAKE_BINARY_DIR}/fireside")
file(GLOB attention "${made}/*.cu")
target_sources(ggml-cuda PRIVATE ${attention} "${CMAKE_CURRENT_LIST_DIR}/cuda_gate.cpp")
target_include_directories(ggml-cuda PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" "${made}")

# The library's door is the gate's.
set_property(SOURCE ggml-cuda.cu
    APPEND PROPERTY COMPILE_DEFINITIONS ggml_backend_init=ggml_backend_init_whole)

# What the files that are kept still name, and nothing reaches.
add_custom_command(TARGET ggml-cuda PRE_LINK
    COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DCC=${CMAKE_C_COMPILER} "-DOUT=${made}/stubs.o"
        "-DIN=$<TARGET_OBJECTS:ggml-cuda>" -P "${CMAKE_CURRENT_LIST_DIR}/cuda_stubs.cmake"
    VERBATIM)
target_link_options(ggml-cuda PRIVATE "${made}/stubs.o" -Wl,-z,defs)
