# What CMake reads at the end of ggml-cuda's CMakeLists.txt (`installers/gpu_library.py` adds the
# line). Of its files it leaves out what gpt-oss has no use for: an hour of one core. What is left
# out is refused before it can be reached (`cuda_gate.cpp`): llama.cpp then does it on the CPU.

# The kinds of weights that can be multiplied, beside F32, F16 and BF16. One more is one word more.
set(FIRESIDE_WEIGHTS mxfp4 q8_0 q4_0 q4_1 q5_0 q5_1 q4_k q5_k q6_k iq4_nl iq4_xs q2_k q3_k)

# The operations of gpt-oss's graph, of the samplers, and cheap ones that other models have.
set(FIRESIDE_OPERATIONS
    ACC ADD ADD1 ADD_ID ARANGE ARGMAX ARGSORT CLAMP CONCAT CONT CPY CUMSUM DIV DUP FILL
    FLASH_ATTN_EXT GET_ROWS GLU L2_NORM LEAKY_RELU LOG MUL MUL_MAT MUL_MAT_ID NONE NORM PAD
    PERMUTE REPEAT RESHAPE RMS_NORM ROPE SCALE SET SET_ROWS SOFT_MAX SQR SQRT SUB SUM SUM_ROWS
    TOP_K TRANSPOSE UNARY VIEW)

# Attention for heads of this size only, for every number of queries a head (1 to 8) and tile.
set(FIRESIDE_HEAD 64)

# Files with none of the operations above, and attention for cards before Turing.
set(FIRESIDE_UNUSED
    col2im-1d conv-transpose-1d conv2d conv2d-dw conv2d-transpose conv3d count-equal
    cross-entropy-loss diag diagmask dsv4-hc fattn-tile gated_delta_net gla im2col
    lightning-indexer mean opt-step-adamw opt-step-sgd out-prod pad_reflect_1d pool1d pool2d roll
    snake solve_tri ssm-conv ssm-scan tri tsembd upscale wkv)

# Return those of `files` that are needed.
function(fireside_needed out)
    set(needed "")
    foreach (file IN LISTS ARGN)
        get_filename_component(name "${file}" NAME_WE)
        if (name IN_LIST FIRESIDE_UNUSED OR name MATCHES "^fattn-(tile|mma-f16)-instance")
            continue()
        endif()
        if (name MATCHES "^mmq-instance-(.+)$" AND NOT CMAKE_MATCH_1 IN_LIST FIRESIDE_WEIGHTS)
            continue()
        endif()
        list(APPEND needed "${file}")
    endforeach()
    set(${out} "${needed}" PARENT_SCOPE)
endfunction()

function(fireside_cut)
    set(here "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
    set(made "${CMAKE_BINARY_DIR}/fireside")
    get_target_property(all ggml-cuda SOURCES)
    fireside_needed(needed ${all})
    foreach (queries 1 2 4 8)
        set(text "#include \"fattn-mma-f16.cuh\"\n")
        foreach (columns 8 16 32 64)
            math(EXPR rows "${columns} / ${queries}")
            string(APPEND text
                "DECL_FATTN_MMA_F16_CASE(${FIRESIDE_HEAD}, ${FIRESIDE_HEAD}, ${rows}, ${queries});\n")
        endforeach()
        file(CONFIGURE OUTPUT "${made}/attention-${queries}.cu" CONTENT "${text}" @ONLY)
        list(APPEND needed "${made}/attention-${queries}.cu")
    endforeach()
    list(FILTER all INCLUDE REGEX "\\.cu$")
    list(LENGTH all of)
    set(kept ${needed})
    list(FILTER kept INCLUDE REGEX "\\.cu$")
    list(LENGTH kept count)
    message(STATUS "Fireside: ${count} of ${of} CUDA files")

    string(TOUPPER "${FIRESIDE_WEIGHTS}" weights)
    list(TRANSFORM weights PREPEND "GGML_TYPE_")
    list(TRANSFORM FIRESIDE_OPERATIONS PREPEND "GGML_OP_" OUTPUT_VARIABLE operations)
    string(REGEX REPLACE "[^0-9;]|-real" "" architectures "${CMAKE_CUDA_ARCHITECTURES}")
    set(text "#define HEAD ${FIRESIDE_HEAD}\n")
    foreach (list weights operations architectures)
        string(TOUPPER ${list} name)
        string(REPLACE ";" ", " values "${${list}}")
        string(APPEND text "#define ${name} ${values}\n")
    endforeach()
    file(CONFIGURE OUTPUT "${made}/cuda_gate.h" CONTENT "${text}" @ONLY)
    file(CONFIGURE OUTPUT "${made}/weights.txt" CONTENT "${FIRESIDE_WEIGHTS}\n" @ONLY)

    set_property(TARGET ggml-cuda PROPERTY SOURCES ${needed} "${here}/cuda_gate.cpp")
    target_include_directories(ggml-cuda PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" "${made}")
    # Its door is the gate's.
    set_property(SOURCE ggml-cuda.cu
        APPEND PROPERTY COMPILE_DEFINITIONS ggml_backend_init=ggml_backend_init_whole)
    # Names that the kept files still call, and that nothing reaches.
    set(stubs "${made}/stubs.o")
    add_custom_command(TARGET ggml-cuda PRE_LINK
        COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DCC=${CMAKE_C_COMPILER} -DOUT=${stubs}
            "-DIN=$<TARGET_OBJECTS:ggml-cuda>" -P "${here}/cuda_stubs.cmake"
        VERBATIM)
    target_link_options(ggml-cuda PRIVATE "${stubs}" -Wl,-z,defs)
endfunction()

if (TARGET ggml-cuda)
    fireside_cut()
endif()
