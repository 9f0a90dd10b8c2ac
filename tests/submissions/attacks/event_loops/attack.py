# %% setup
# %% forward
# %% attack
import asyncio
async def forever():
    while True:
        await asyncio.sleep(0)
asyncio.get_event_loop_policy().new_event_loop()
asyncio.ensure_future(forever(), loop=asyncio.new_event_loop())
await asyncio.sleep(0.01)
async def raises():
    raise SystemExit(3)
x = [asyncio.create_task(asyncio.sleep(100)) for _ in range(100)]
# %% backward
