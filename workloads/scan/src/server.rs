//! Arrow Flight's service, of which a planner answers `GetFlightInfo` and a worker `DoGet`.

use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo,
    HandshakeRequest, HandshakeResponse, PollInfo, PutResult, Result as ActionResult, SchemaAsIpc,
    SchemaResult, Ticket,
};
use arrow_ipc::writer::IpcWriteOptions;
use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use crate::data;
use crate::planner::Planner;
use crate::worker::Worker;

/// What a process of the cluster is.
pub(crate) enum Server {
    Planner(Planner),
    Worker(Worker),
}

impl Server {
    /// Serves until the process ends.
    ///
    /// # Errors
    /// When the listener breaks.
    pub(crate) async fn serve(self, listener: TcpListener) -> Result<(), tonic::transport::Error> {
        let connections = TcpIncoming::from(listener).with_nodelay(Some(true));
        tonic::transport::Server::builder()
            .add_service(FlightServiceServer::new(self))
            .serve_with_incoming(connections)
            .await
    }

    /// What a request gets that is not this server's to answer.
    fn refuse<T>(&self, request: &str) -> Result<T, Status> {
        let name = match self {
            Self::Planner(_) => "planner",
            Self::Worker(_) => "worker",
        };
        Err(Status::unimplemented(format!("the {name} does not answer {request}")))
    }
}

type Answers<T> = BoxStream<'static, Result<T, Status>>;

#[tonic::async_trait]
impl FlightService for Server {
    type HandshakeStream = Answers<HandshakeResponse>;
    type ListFlightsStream = Answers<FlightInfo>;
    type DoGetStream = Answers<FlightData>;
    type DoPutStream = Answers<PutResult>;
    type DoActionStream = Answers<ActionResult>;
    type ListActionsStream = Answers<ActionType>;
    type DoExchangeStream = Answers<FlightData>;

    async fn get_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let Self::Planner(planner) = self else { return self.refuse("GetFlightInfo") };
        planner.plan(request.into_inner()).map(Response::new)
    }

    async fn get_schema(
        &self,
        _: Request<FlightDescriptor>,
    ) -> Result<Response<SchemaResult>, Status> {
        let (schema, options) = (data::schema(), IpcWriteOptions::default());
        SchemaAsIpc::new(&schema, &options)
            .try_into()
            .map(Response::new)
            .map_err(|error: arrow_schema::ArrowError| Status::internal(error.to_string()))
    }

    async fn do_get(
        &self,
        request: Request<Ticket>,
    ) -> Result<Response<Self::DoGetStream>, Status> {
        let Self::Worker(worker) = self else { return self.refuse("DoGet") };
        let batches = worker.execute(&request.into_inner().ticket)?;
        let frames = FlightDataEncoderBuilder::new().with_schema(data::schema()).build(batches);
        Ok(Response::new(frames.map_err(Status::from).boxed()))
    }

    async fn handshake(
        &self,
        _: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        self.refuse("Handshake")
    }

    async fn list_flights(
        &self,
        _: Request<Criteria>,
    ) -> Result<Response<Self::ListFlightsStream>, Status> {
        self.refuse("ListFlights")
    }

    async fn poll_flight_info(
        &self,
        _: Request<FlightDescriptor>,
    ) -> Result<Response<PollInfo>, Status> {
        self.refuse("PollFlightInfo")
    }

    async fn do_put(
        &self,
        _: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoPutStream>, Status> {
        self.refuse("DoPut")
    }

    async fn do_action(
        &self,
        _: Request<Action>,
    ) -> Result<Response<Self::DoActionStream>, Status> {
        self.refuse("DoAction")
    }

    async fn list_actions(
        &self,
        _: Request<Empty>,
    ) -> Result<Response<Self::ListActionsStream>, Status> {
        self.refuse("ListActions")
    }

    async fn do_exchange(
        &self,
        _: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        self.refuse("DoExchange")
    }
}
