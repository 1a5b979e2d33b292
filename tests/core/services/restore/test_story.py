"""The main job through the services: credentials, a backup, the machine is lost, new hardware."""

from tests.fakes.servers import Server, Site


def test_a_lost_server_comes_back_on_new_hardware_with_every_secret(server: Server, site: Site) -> None:
    for number in range(5):
        server.add(f"deploy-{number}", f"secret {number}")
    made = server.back_up()
    before = server.secrets()

    fresh = site.with_database_of(server)
    report = fresh.restore(made.copy.address)

    assert report.proof.opened == 5
    assert report.proof.failures == ()
    assert fresh.secrets() == before
    fresh.copy_database()
    assert fresh.counts() == (5, 0, 0)
