/* SPDX-License-Identifier: Apache-2.0 */
/* Where the cores begin: the fabric controller in main, the cluster's cores in their loops. Core 0
   waits for the controller's tasks, the others for what core 0 sends through the event unit's
   dispatcher. */

    .equ EVENT_UNIT, 0x10204000
    .equ MASK_AND, 0x04
    .equ MASK_OR, 0x08
    .equ WAIT_CLEAR, 0x3c
    .equ DISPATCH_FIFO, 0x80
    .equ DISPATCH_TEAM, 0x84
    .equ BARRIER, 0x200
    .equ BARRIER_TARGET, 0x20c
    .equ BARRIER_WAIT_CLEAR, 0x21c
    .equ TASK_EVENT, 1 << 1
    .equ TEAM_EVENTS, 1 << 16 | 1 << 17 | 1 << 18 /* barrier, mutex, dispatcher */
    .equ CONTROLLER, 31
    .equ STANDARD_OUTPUT, 0x1a10f000
    .equ PROGRAM_END, 0x1a1040a0
    .equ CONTROLLER_EVENT, 1 << 1
    .equ CONTROLLER_STATUS_SET, 0x1a109810

    /* A load that sleeps until the event unit answers. */
    .macro event_load register, offset, base
#if defined(__clang__)
    .insn i 0x03, 6, \register, \base, \offset
#else
    p.elw \register, \offset(\base)
#endif
    .endm

    .section .vectors, "ax"
    .option norvc
    .rept 32
    j pulp_unexpected
    .endr
    .globl _start
_start: /* 0x80 behind the vectors, where the chip begins */
    csrr a0, 0xf14
    srli a1, a0, 5
    andi a0, a0, 0x1f
    li t0, CONTROLLER
    bne a1, t0, cluster_core
    la sp, pulp_controller_stack
    la t0, pulp_bss_begin
    la t1, pulp_bss_end
1:  bgeu t0, t1, 2f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 1b
2:  call main
    j pmsis_exit

/* No interrupt is enabled: what comes here is a fault, such as an instruction that the core does not
   know. Says where, on the core's own channel of the standard output and without a stack; then ends. */
pulp_unexpected:
    csrr a0, 0xf14
    andi a0, a0, 7
    slli a0, a0, 3
    li a1, STANDARD_OUTPUT
    add a0, a0, a1
    la a1, fault_text
1:  lbu a2, 0(a1)
    beqz a2, 2f
    sw a2, 0(a0)
    addi a1, a1, 1
    j 1b
2:  csrr a1, 0x341
    li a2, 28
3:  srl a3, a1, a2
    andi a3, a3, 15
    la a4, hexadecimal_digits
    add a4, a4, a3
    lbu a4, 0(a4)
    sw a4, 0(a0)
    addi a2, a2, -4
    bgez a2, 3b
    li a1, '\n'
    sw a1, 0(a0)
    li a0, PROGRAM_END
    li a1, 0x800000ff
    sw a1, 0(a0)
4:  j 4b

    .section .cluster.text, "ax"
cluster_core:
    li s2, EVENT_UNIT
    li t0, TEAM_EVENTS
    sw t0, 0(s2)
    bnez a0, slave

/* Core 0: a task's entry runs on its stack; then the controller is told. */
master:
    la s3, pulp_task
master_wait:
    lw s4, 0(s3)
    bnez s4, master_run
    li t0, TASK_EVENT
    sw t0, MASK_OR(s2)
    event_load zero, WAIT_CLEAR, s2
    sw t0, MASK_AND(s2)
    j master_wait
master_run: /* the order of pi_cluster_task: entry, arg, stacks, sizes, cores */
    lw t1, 0(s4)
    lw a0, 4(s4)
    lw sp, 8(s4)
    lw t2, 12(s4)
    lw t3, 16(s4)
    lw t4, 20(s4)
    add sp, sp, t2
    li t5, 1
    sll t5, t5, t4
    addi t5, t5, -1
    sw t5, DISPATCH_TEAM(s2)
    sw t5, BARRIER(s2)
    sw t5, BARRIER_TARGET(s2)
    la t6, set_slave_stack
    ori t6, t6, 1
    sw t6, DISPATCH_FIFO(s2)
    sw t3, DISPATCH_FIFO(s2)
    sw sp, DISPATCH_FIFO(s2)
    jalr t1
    sw zero, 0(s3)
    li t0, CONTROLLER_EVENT
    li t1, CONTROLLER_STATUS_SET
    sw t0, 0(t1)
    j master_wait

/* The others: an even entry ends in the team's barrier, an odd one does not. */
slave:
    mv s3, a0
    la s4, fork_return
    la s5, slave_wait
    j slave_wait
fork_return:
    event_load t0, BARRIER_WAIT_CLEAR, s2
slave_wait:
    event_load t0, DISPATCH_FIFO, s2
    event_load a0, DISPATCH_FIFO, s2
    andi t1, t0, 1
    bnez t1, without_barrier
    mv ra, s4
    jr t0
without_barrier:
    mv ra, s5
    jr t0

/* The stacks lie one behind the other above core 0's. */
set_slave_stack:
    event_load t0, DISPATCH_FIFO, s2
    mul t1, s3, a0
    add sp, t0, t1
    ret

    .section .rodata
fault_text:
    .asciz "FAULT pc=0x"
hexadecimal_digits:
    .ascii "0123456789abcdef"
